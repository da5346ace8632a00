/** Two hex digits per byte value. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const hex16 = (value: number): string => `${digits[(value >>> 8) & 255]}${digits[value & 255]}`
const hex32 = (value: number): string => hex16(value >>> 16) + hex16(value)

/** 32 random bits per call, fetched in bulk: one system call per id would cost more than the id. */
const randomWords = () => {
  const words = new Uint32Array(256)
  let next = words.length
  return (): number => {
    if (next === words.length) {
      crypto.getRandomValues(words)
      next = 0
    }
    return words[next++] ?? 0
  }
}

/** The counter is kept in two parts; this many ids have the same upper part, and therefore all but twelve digits. */
const lowEnd = 2 ** 16

/** What precedes the last twelve digits: the time, the version, and the upper 26 bits of the counter. */
const beginning = (millis: number, high: number): string =>
  `${hex32(Math.floor(millis / 65_536))}-${hex16(millis)}-${hex16(0x7000 | (high >>> 14))}-` +
  `${hex16(0x8000 | (high & 0x3fff))}-`

/**
 * Generates version 7 UUIDs (RFC 9562) that strictly increase whatever the clock does: 48 bits of epoch milliseconds
 * that never decrease; a 42-bit counter that starts each millisecond at a random value in the lower half of its range,
 * which leaves room for two trillion ids; 32 random bits.
 */
export const makeUuid7 = (): (epochMillis: number) => string => {
  const word = randomWords()
  let millis = Number.NEGATIVE_INFINITY
  let high = 0
  let low = 0
  let begun = ""
  return (epochMillis) => {
    const now = Math.max(0, Math.floor(epochMillis))
    if (now > millis) {
      millis = now
      high = word() >>> 7
      low = word() >>> 16
      begun = beginning(millis, high)
    } else if (++low === lowEnd) {
      high += 1
      low = 0
      begun = beginning(millis, high)
    }
    return begun + (hex16(low) + hex32(word()))
  }
}
