/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export const seeded = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A seed of this run, or the one of the run to repeat. */
export const testSeed = (): number => {
  const seed = Number(process.env["TRACKER_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`TRACKER_TEST_SEED=${seed} repeats this run`)
  return seed
}
