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

/** Range of the counter's low 30 bits; the remaining 12 stand next to the version. */
const lowEnd = 2 ** 30

/**
 * Generates version 7 UUIDs (RFC 9562) that strictly increase whatever the clock does: 48 bits of epoch milliseconds
 * that never decrease; a 42-bit counter that starts each millisecond at a random value in the lower half of its range,
 * which leaves room for two trillion ids; 32 random bits.
 */
export const makeUuid7 = (): (epochMillis: number) => string => {
  const word = randomWords()
  let millis = Number.NEGATIVE_INFINITY
  let counter = 0
  let prefix = ""
  return (epochMillis) => {
    const now = Math.max(0, Math.floor(epochMillis))
    if (now > millis) {
      millis = now
      prefix = `${hex32(Math.floor(millis / 65_536))}-${hex16(millis)}-`
      counter = (word() >>> 1) * 1024 + (word() >>> 22)
    } else counter += 1
    const high = hex16(0x7000 | Math.floor(counter / lowEnd))
    const low = counter % lowEnd
    return `${prefix}${high}-${hex16(0x8000 | (low >>> 16))}-${hex16(low)}${hex32(word())}`
  }
}
