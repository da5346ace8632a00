import { type Colour, coloured } from "./colour.ts"
import { aligned, cells, harmless, padded } from "./text.ts"
import type { View } from "./View.ts"

export interface Cell {
  readonly text: string
  readonly colour?: Colour
}

export interface Column {
  readonly name: string
  readonly isNumber?: boolean
}

const gap = "  "

/** Wraps words into lines of at most this many cells; a longer word, such as an id, stays whole. */
export const inLines = (words: ReadonlyArray<string>, width: number, between = gap): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let taken = 0
  for (const word of words) {
    const size = cells(word)
    const last = lines.length - 1
    if (last < 0 || taken + cells(between) + size > width) {
      lines.push(word)
      taken = size
    } else {
      lines[last] += between + word
      taken += cells(between) + size
    }
  }
  return lines
}

const blocks = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<Cell>>, view: View) =>
  rows.flatMap(([first = { text: "" }, ...rest]) => {
    const facts = rest.flatMap(({ text }, index) =>
      text === "" || text === "–" ? [] : [`${columns[index + 1]?.name.toLowerCase() ?? ""} ${text}`]
    )
    return [
      coloured(view, "bold", first.text),
      ...inLines(facts, view.width - gap.length).map((line) => gap + line)
    ]
  })

/**
 * Rows under column headings; if that is too wide, each row as a block under its first cell. Nothing is omitted and no
 * id is cut, so that ids can be copied.
 */
export const records = (
  columns: ReadonlyArray<Column>,
  given: ReadonlyArray<ReadonlyArray<Cell>>,
  view: View
): ReadonlyArray<string> => {
  const rows = given.map((row) => row.map((cell) => ({ ...cell, text: harmless(cell.text) })))
  const widths = columns.map(({ name }, index) =>
    rows.reduce((widest, row) => Math.max(widest, cells(row[index]?.text ?? "")), cells(name))
  )
  const total = widths.reduce((sum, width) => sum + width, gap.length * (columns.length - 1))
  if (total > view.width) return blocks(columns, rows, view)
  const line = (texts: ReadonlyArray<Cell>) =>
    texts.map(({ colour, text }, index) => {
      const width = widths[index] ?? 0
      const isLast = index === columns.length - 1
      const placed = columns[index]?.isNumber === true ? aligned(text, width) : isLast ? text : padded(text, width)
      return colour === undefined ? placed : placed.replace(text, () => coloured(view, colour, text))
    }).join(gap).trimEnd()
  return [line(columns.map(({ name }) => ({ text: name, colour: "dim" }))), ...rows.map(line)]
}
