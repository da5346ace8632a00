import { Context, Deferred, Duration, Effect, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { stopBudget } from "../../stopBudget.ts"
import { StoreUnavailable } from "../StoreUnavailable.ts"

/**
 * Deadline of one query to the store, including the wait for a connection and all attempts. Longer than any response of
 * a healthy store, shorter than clients wait. Default 10 s.
 */
export const StoreDeadline = Context.Reference<Duration.Duration>(
  "@durable-effect/tracker-server/postgres/StoreDeadline",
  { defaultValue: () => Duration.seconds(10) }
)

/** Fails once the deadline of the current operation has passed; `undefined` if nobody waits, as behind retention. */
export const Cutoff = Context.Reference<Deferred.Deferred<never, SqlError> | undefined>(
  "@durable-effect/tracker-server/postgres/Cutoff",
  { defaultValue: () => undefined }
)

/** How long rolling back an interrupted transaction may take. */
const rollbackTime = Duration.millis(stopBudget.rollbackMs)

const tooLate = (limit: Duration.Duration) =>
  new SqlError({
    reason: new ConnectionError({
      cause: new Error(`no answer within ${Duration.format(limit)}`),
      message: "The database does not answer",
      operation: "query"
    })
  })

/**
 * Fails with `StoreUnavailable` if the result takes longer than `limit`. The default is what an outer deadline leaves,
 * or `StoreDeadline`. A database that hangs neither refuses nor closes a connection, so only a clock can tell.
 * Connections with a statement still in flight are discarded: nobody knows what state they are in.
 */
export const withDeadline =
  (limit?: Duration.Input) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreUnavailable, R> =>
    Effect.gen(function*() {
      if (limit === undefined && (yield* Cutoff) !== undefined) return yield* effect
      const duration = limit === undefined ? yield* StoreDeadline : Duration.fromInputUnsafe(limit)
      const cutoff = Deferred.makeUnsafe<never, SqlError>()
      // Begin, commit and rollback cannot be interrupted: the cutoff ends them, even after the race is over.
      const timer = yield* Effect.forkDetach(
        Effect.delay(Effect.suspend(() => Deferred.fail(cutoff, tooLate(duration))), duration)
      )
      let isOver = false
      const over = Effect.sync(() => {
        isOver = true
      })
      // If interrupted, it first rolls back, and does not wait for the deadline if the database does not respond.
      const hasten = Effect.suspend(() =>
        isOver
          ? Effect.void
          : Effect.asVoid(Effect.forkDetach(Effect.delay(Deferred.fail(cutoff, tooLate(rollbackTime)), rollbackTime)))
      )
      const atCutoff = Deferred.await(cutoff).pipe(
        Effect.mapError((cause) => new StoreUnavailable({ cause })),
        Effect.onInterrupt(() => hasten)
      )
      return yield* Effect.raceFirst(
        Effect.ensuring(Effect.provideService(effect, Cutoff, cutoff), over),
        atCutoff
      ).pipe(Effect.onExit(() => Fiber.interrupt(timer)))
    })
