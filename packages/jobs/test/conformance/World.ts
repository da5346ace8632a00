import { Deferred, Effect } from "effect"
import type { Deed } from "./deeds.ts"

/** What user code of one case shares with its story. It outlives runtimes. */
export class World {
  /** What handlers were given, one line a run. */
  readonly saw: Array<string> = []
  readonly #done = new Map<ReadonlyArray<Deed>, number>()
  #failures = 0
  #held: Array<Deferred.Deferred<void>> = []
  #heldSoFar = 0
  #notice = () => {}

  /** The next deed of a script; "works" after its end. */
  next(script: ReadonlyArray<Deed>): Deed {
    const done = this.#done.get(script) ?? 0
    this.#done.set(script, done + 1)
    return script[done] ?? "works"
  }

  /** The next failure, each with a number of its own. */
  failure(): TypeError {
    this.#failures += 1
    return new TypeError(`failure ${this.#failures}`)
  }

  /** Waits for the next release. */
  readonly hold: Effect.Effect<void> = Effect.suspend(() => {
    const gate = Deferred.makeUnsafe<void>()
    this.#held.push(gate)
    this.#heldSoFar += 1
    this.#notice()
    return Deferred.await(gate)
  })

  /** Resolves when so many have come to wait. */
  held(count: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#notice = () => {
        if (this.#heldSoFar >= count) resume(Effect.void)
      }
      this.#notice()
    })
  }

  readonly release: Effect.Effect<void> = Effect.suspend(() => {
    const gates = this.#held
    this.#held = []
    return Effect.forEach(gates, (gate) => Deferred.succeed(gate, undefined), { discard: true })
  })
}
