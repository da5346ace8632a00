/** Rows of cells; the first row is the head. */
export type Table = ReadonlyArray<ReadonlyArray<string>>

const widthsOf = (table: Table): ReadonlyArray<number> =>
  (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)))

const padded = (row: ReadonlyArray<string>, widths: ReadonlyArray<number>) =>
  widths.map((width, column) => (row[column] ?? "").padEnd(width))

/** For a terminal. */
export const renderText = (table: Table): string => {
  const widths = widthsOf(table)
  const [head, ...rows] = table.map((row) => padded(row, widths).join("  ").trimEnd())
  return [head, widths.map((width) => "─".repeat(width)).join("  "), ...rows].join("\n")
}

/** For a README, aligned as the formatter does. */
export const renderMarkdown = (table: Table): string => {
  const widths = widthsOf(table).map((width) => Math.max(width, 3))
  const [head, ...rows] = table.map((row) => `| ${padded(row, widths).join(" | ")} |`)
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows].join("\n")
}
