import { Schema } from "effect"

/** What packages come to, added up. */
export const Totals = Schema.Struct({ packages: Schema.Int, files: Schema.Int, bytes: Schema.Int })
export type Totals = typeof Totals.Type

export const noTotals: Totals = { packages: 0, files: 0, bytes: 0 }

/** The totals with one package more. */
export const addPackage = (totals: Totals, { bytes, files }: Omit<Totals, "packages">): Totals => ({
  packages: totals.packages + 1,
  files: totals.files + files,
  bytes: totals.bytes + bytes
})
