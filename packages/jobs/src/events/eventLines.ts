/**
 * The form in which a commit's events are stored. Half of an event is the same in all events of an incarnation: `common`.
 * It is written once, between two marks, and a single mark stands for it in the events that follow. JSON contains no
 * such character.
 */
const mark = "\u0001"

/** An event as one line. `head` and `own` are what stands before and behind `common`. */
export const eventLine = (head: string, common: string, own: string, isWrittenBefore: boolean): string =>
  isWrittenBefore ? head + mark + own : head + mark + common + mark + own

/** The events of a commit as JSON texts. */
export const eventTexts = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let common = ""
  return lines.map((line) => {
    const first = line.indexOf(mark)
    if (first < 0) return line
    const second = line.indexOf(mark, first + 1)
    if (second >= 0) common = line.slice(first + 1, second)
    return line.slice(0, first) + common + line.slice(Math.max(first, second) + 1)
  })
}
