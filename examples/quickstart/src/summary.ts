import type { Totals } from "./Totals.ts"
import type { Verdict } from "./verdict.ts"

/** What has come of a licence's review. */
export interface ReviewedLicence {
  readonly licence: string
  readonly totals: Totals
  readonly verdict: Verdict | null
}

/** What has come of an audit. */
export interface Summary {
  /** The most frequent first. */
  readonly licences: ReadonlyArray<ReviewedLicence>
  /** Packages that could not be audited, each with the reason. */
  readonly unreadable: ReadonlyArray<{ readonly path: string; readonly reason: string }>
}

export const byFrequency = (licences: ReadonlyArray<ReviewedLicence>): ReadonlyArray<ReviewedLicence> =>
  licences.toSorted((a, b) => b.totals.packages - a.totals.packages || a.licence.localeCompare(b.licence))

/** The summary as lines for a terminal: one a licence. */
export const summaryLines = ({ licences, unreadable }: Summary): ReadonlyArray<string> => {
  const width = Math.max(7, ...licences.map(({ licence }) => licence.length))
  return [
    `${"licence".padEnd(width)}  packages    files        MB  verdict`,
    ...licences.map(({ licence, totals: { bytes, files, packages }, verdict }) =>
      [
        `${licence.padEnd(width)} `,
        String(packages).padStart(8),
        String(files).padStart(8),
        (bytes / 1e6).toFixed(1).padStart(9),
        ` ${verdict ?? "none"}`
      ].join(" ")
    ),
    ...(unreadable.length === 0
      ? ["Every package could be audited."]
      : [
        `${unreadable.length} could not be audited and wait among the dead letters:`,
        ...unreadable.map(({ path, reason }) => `  ${path}: ${reason}`)
      ])
  ]
}
