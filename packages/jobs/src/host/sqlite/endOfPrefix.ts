/** SQLite sorts every text before every blob. */
const afterAllTexts = new Uint8Array()

const lastBelowSurrogates = 0xd7ff
const firstAboveSurrogates = 0xe000
const lastCodePoint = 0x10ffff

/**
 * What is greater than all texts that begin with a prefix, and than no others, in the order of SQLite, which is that of
 * UTF-8 and so of code points: the prefix with its last code point raised by one. Halves of surrogate pairs have no UTF-8,
 * and the very last code point has no next, so that the one before it is raised.
 */
export const endOfPrefix = (prefix: string): string | Uint8Array => {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  const index = codePoints.findLastIndex((codePoint) => codePoint !== lastCodePoint)
  const last = codePoints[index]
  if (last === undefined) return afterAllTexts
  const next = last === lastBelowSurrogates ? firstAboveSurrogates : last + 1
  return String.fromCodePoint(...codePoints.slice(0, index), next)
}
