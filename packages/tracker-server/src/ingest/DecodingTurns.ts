import { Deferred, Duration, Effect, Exit } from "effect"
import { Unavailable } from "../api/errors.ts"
import { ByteBudget, type Place } from "./byteBudget.ts"

/**
 * Bytes of one tenant's bodies that are decoded at once: some three transactions of events of usual size, of which two
 * run.
 */
const decodedAtOnce = 1.5 * 1024 * 1024

/** As long as the store may take. */
const patience = Duration.seconds(10)

const tooLong = new Unavailable({
  detail: "The requests before this one take too long; nothing of this request was kept. Send it again later."
})

const inTime = Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(tooLong) })

/**
 * Lets only as many of a tenant's requests be decoded as its next transactions can take. The others wait as bytes, which
 * V8 neither moves nor scans: decoded, an event takes about ten times its size of V8's heap, and whatever waits there is
 * copied several times. Each tenant has a line of its own, so that none waits for what another's transactions wait for.
 */
export class DecodingTurns {
  readonly #limit: number
  readonly #tenants = new Map<string, ByteBudget>()

  constructor(limit = decodedAtOnce) {
    this.#limit = limit
  }

  /** Runs an effect that decodes a body of this size, and stores its events, when it is its turn. */
  within<A, E, R>(
    tenantId: string,
    bytes: number,
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | Unavailable, R> {
    return Effect.suspend(() => {
      let place: Place | undefined
      const begin = Effect.suspend(() => {
        let turn: Deferred.Deferred<void> | undefined
        place = this.#budgetOf(tenantId).enter(tenantId, bytes, () => {
          if (turn !== undefined) Deferred.doneUnsafe(turn, Exit.void)
        })
        if (place.isAdmitted) return effect
        turn = Deferred.makeUnsafe()
        return Effect.andThen(inTime(Deferred.await(turn)), effect)
      })
      const leave = Effect.sync(() => {
        place?.leave()
        if (this.#tenants.get(tenantId)?.held === 0) this.#tenants.delete(tenantId)
      })
      return Effect.ensuring(begin, leave)
    })
  }

  #budgetOf(tenantId: string): ByteBudget {
    const budget = this.#tenants.get(tenantId) ?? new ByteBudget(this.#limit)
    this.#tenants.set(tenantId, budget)
    return budget
  }
}
