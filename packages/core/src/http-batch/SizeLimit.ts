/**
 * After this time larger batches are tried again: the endpoint's limit may have been raised, or whatever refused is
 * gone.
 */
const believedMs = 600_000

/** The batch size the endpoint accepts, learned from 413 responses. */
export class SizeLimit {
  /** Maximum bytes of the events in a batch: half the smallest batch that was too large. */
  bytes = Infinity
  #believedUntil = 0

  /** Records that a batch of this many bytes was too large. */
  learn(bytes: number, now: number): void {
    this.bytes = Math.min(this.bytes, Math.floor(bytes / 2))
    this.#believedUntil = now + believedMs
  }

  /** Forgets a limit that was learned too long ago. */
  update(now: number): void {
    if (now >= this.#believedUntil) this.bytes = Infinity
  }
}
