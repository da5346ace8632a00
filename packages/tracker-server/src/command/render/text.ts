/** Line breaks and similar whitespace within a text that must stay on one line. */
const whitespace = /[\t\n\v\f\r\u0085\u2028\u2029]+/g

/** Characters that control a terminal or change text direction, and invalid characters. */
const harmful = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}]/gu

/** Foreign text made safe for a terminal: control characters are shown as their code point. */
export const harmless = (text: string): string =>
  text.replaceAll(whitespace, " ").replaceAll(harmful, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`)

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })

/** Characters that take two cells: Chinese, Japanese, Korean and their full-width forms, and emoji. */
const wide =
  /^(?:\p{Emoji_Presentation}|.\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}])/u
const plain = /^[\x20-\x7E]*$/
/** Combining marks without a base character. */
const markAlone = /^\p{M}/u

const cellsOf = (grapheme: string): number => wide.test(grapheme) ? 2 : markAlone.test(grapheme) ? 0 : 1

/** Number of terminal cells that a harmless text takes. */
export const cells = (text: string): number =>
  plain.test(text) ? text.length : [...graphemes.segment(text)].reduce((sum, { segment }) => sum + cellsOf(segment), 0)

/** As much of a text as fits, with … where it was cut. */
export const fitted = (text: string, width: number): string => {
  if (cells(text) <= width) return text
  let kept = ""
  let taken = 0
  for (const { segment } of graphemes.segment(text)) {
    taken += cellsOf(segment)
    if (taken > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

export const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - cells(text)))

/** Right-aligned, as for numbers. */
export const aligned = (text: string, width: number): string => " ".repeat(Math.max(0, width - cells(text))) + text
