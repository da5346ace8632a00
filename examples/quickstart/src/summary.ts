import { Schema } from "effect"
import type { Audit } from "./auditManifest.ts"

const Totals = Schema.Struct({ packages: Schema.Int, files: Schema.Int, bytes: Schema.Int })

/** What the audit has found so far. It is the state of the job, so it survives a crash. */
export const Summary = Schema.Struct({
  byLicence: Schema.Record(Schema.String, Totals),
  problems: Schema.Array(Schema.String)
})
export type Summary = typeof Summary.Type

export const emptySummary: Summary = { byLicence: {}, problems: [] }

export const addAudit = (summary: Summary, audit: Audit): Summary => {
  const before = summary.byLicence[audit.licence] ?? { packages: 0, files: 0, bytes: 0 }
  return {
    byLicence: {
      ...summary.byLicence,
      [audit.licence]: {
        packages: before.packages + 1,
        files: before.files + audit.files,
        bytes: before.bytes + audit.bytes
      }
    },
    problems: [...summary.problems, ...audit.problems.map((problem) => `${audit.name}@${audit.version}: ${problem}`)]
  }
}

/** The summary as lines for a terminal: one a licence, the most frequent first. */
export const summaryLines = (summary: Summary): ReadonlyArray<string> => {
  const rows = Object.entries(summary.byLicence).toSorted(([a, x], [b, y]) =>
    y.packages - x.packages || a.localeCompare(b)
  )
  const width = Math.max(7, ...rows.map(([licence]) => licence.length))
  return [
    `${"licence".padEnd(width)}  packages    files        MB`,
    ...rows.map(([licence, { bytes, files, packages }]) =>
      `${licence.padEnd(width)}  ${String(packages).padStart(8)} ${String(files).padStart(8)} ${
        (bytes / 1e6).toFixed(1).padStart(9)
      }`
    ),
    summary.problems.length === 0
      ? "No manifest lacks a field."
      : `${summary.problems.length} manifest fields are missing or broken, such as ${
        summary.problems.slice(0, 3).join("; ")
      }.`
  ]
}
