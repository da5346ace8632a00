/** Then a larger size is tried again: somebody may have raised the endpoint's limit, or what refused is gone. */
const believedMs = 600_000

/** What 413 has taught of the size that the endpoint takes. */
export class SizeLimit {
  /** Most bytes of the events in a batch: half of the smallest batch that was too large. */
  bytes = Infinity
  #believedUntil = 0

  /** A batch of so many bytes was too large. */
  learn(bytes: number, now: number): void {
    this.bytes = Math.min(this.bytes, Math.floor(bytes / 2))
    this.#believedUntil = now + believedMs
  }

  /** Forgets what was learned too long ago. */
  update(now: number): void {
    if (now >= this.#believedUntil) this.bytes = Infinity
  }
}
