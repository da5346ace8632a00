import { cells, harmless, padded } from "../command/render/text.ts"

/**
 * Formats rows as aligned columns; the first row is the header. Names, ids and reasons come from tenants: none of them
 * may control the operator's terminal, or look like a row of its own.
 */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const shown = rows.map((row) => row.map(harmless))
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => cells(row[column] ?? ""))))
  return shown.map((row) => row.map((cell, column) => padded(cell, widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n")
}
