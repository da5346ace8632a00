import { Effect } from "effect"
import type { Ledger } from "./Ledger.ts"

/** Tracks when nothing is pending, and keeps a Worker alive until then. */
export class Idle {
  readonly #ledger: Ledger
  readonly #waitUntil: ((promise: Promise<void>) => void) | undefined
  #listeners: Array<() => void> = []
  #promise: Promise<void> | undefined

  constructor(ledger: Ledger, waitUntil: ((promise: Promise<void>) => void) | undefined) {
    this.#ledger = ledger
    this.#waitUntil = waitUntil
  }

  /** Call when something was accepted, possibly by a request that was not kept alive yet. */
  begin(): void {
    if (this.#waitUntil === undefined || this.#ledger.pending === 0) return
    this.#promise ??= new Promise((resolve) => this.#listeners.push(resolve))
    try {
      this.#waitUntil(this.#promise)
    } catch {
      // If the request can no longer be kept alive, there is nothing to tell the emitter.
    }
  }

  /** Call after an event's outcome is recorded. */
  check(): void {
    if (this.#ledger.pending > 0) return
    const listeners = this.#listeners
    this.#listeners = []
    this.#promise = undefined
    listeners.forEach((listener) => listener())
  }

  readonly await: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#ledger.pending === 0) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    this.#listeners.push(listener)
    return Effect.sync(() => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    })
  })
}
