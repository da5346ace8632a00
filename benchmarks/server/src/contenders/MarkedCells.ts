import { type MarkAt, marksIn, markText, type Pass } from "../traffic/marks.ts"

type Cell = string | null | ReadonlyArray<string | MarkAt>

const lengthOf = { id: 13, trace: 12, second: 19 }

/** A text as it is, or in pieces when it has marks. */
const cellOf = (text: string | null): Cell => {
  const marks = text === null ? [] : marksIn(text)
  if (text === null || marks.length === 0) return text
  const ends = [0, ...marks.map(({ kind, offset }) => offset + lengthOf[kind])]
  return [...marks.flatMap((mark, nth) => [text.slice(ends[nth], mark.offset), mark]), text.slice(ends.at(-1))]
}

const fill = (cell: Cell, pass: Pass): string | null =>
  typeof cell === "string" || cell === null
    ? cell
    : cell.reduce<string>((text, piece) => text + (typeof piece === "string" ? piece : markText(pass, piece)), "")

/** The values of a column, with what marks stand for put in anew for each pass. */
export const markedCells = (texts: ReadonlyArray<string | null>): (pass: Pass) => ReadonlyArray<string | null> => {
  const cells = texts.map(cellOf)
  const isPlain = cells.every((cell) => cell === null || typeof cell === "string")
  return isPlain ? () => texts : (pass) => cells.map((cell) => fill(cell, pass))
}
