import { Cause, Clock, Deferred, Duration, Effect, Exit, FiberSet, type Scope, Semaphore } from "effect"
import { isSqlError } from "effect/sql/SqlError"
import { type Batch, type EventStore, KeyEnded, type Verdict } from "../EventStore.ts"
import { StoreUnavailable } from "../StoreUnavailable.ts"
import { StoreDeadline } from "./deadline.ts"
import { Line, QueuedRequest, type Waiting } from "./Line.ts"
import { isConnectionLost } from "./sqlFailure.ts"

type Verdicts = ReadonlyArray<Verdict>

/** The outcome of one request of a group. */
export type Written = Verdicts | KeyEnded

/** Writes several requests of one tenant in one transaction; returns the outcome of each. */
export type WriteGroup = (
  tenantId: string,
  group: ReadonlyArray<Batch>
) => Effect.Effect<ReadonlyArray<Written>, StoreUnavailable>

/** Waiting events that are worth a second transaction: most of what fewer would cost is the transaction. */
const enoughForSecond = 100

/** Concurrent transactions of all tenants: the pool's other connections are for keys and queries. */
const maxTransactionsOfAll = 6

const answerOf = (written: Written): Exit.Exit<Verdicts, KeyEnded> =>
  written instanceof KeyEnded ? Exit.fail(written) : Exit.succeed(written)

const answerAll = (group: ReadonlyArray<Waiting>, exit: Exit.Exit<ReadonlyArray<Written>, StoreUnavailable>) => {
  group.forEach(({ request: { answer } }, i) => {
    Deferred.doneUnsafe(answer, Exit.isFailure(exit) ? Exit.failCause(exit.cause) : answerOf(exit.value[i] ?? []))
  })
}

/** How the store failed if it is down altogether, rather than just failing these statements. */
const outageOf = (exit: Exit.Exit<unknown, StoreUnavailable>): StoreUnavailable | undefined => {
  const errors = Exit.isFailure(exit) ? exit.cause.reasons.filter(Cause.isFailReason).map(({ error }) => error) : []
  return errors.find(({ cause }) => isSqlError(cause) && isConnectionLost(cause))
}

/**
 * `EventStore.append` with group commit: requests that arrive while a transaction runs share the next one. A lone
 * request waits for nobody, and a thousand small ones cost few commits. A request that cannot be written fails alone:
 * the others are written without it.
 * @param worthSecond Waiting events that begin a second transaction beside one that is running. Fewer wait for its end.
 */
export const groupCommit = Effect.fnUntraced(function*(
  write: WriteGroup,
  worthSecond = enoughForSecond
): Effect.fn.Return<EventStore["Service"], never, Scope.Scope> {
  // The write belongs to all requests of a group, so it runs independently of each of them.
  const runApart = yield* FiberSet.makeRuntime<never, void, never>()
  const clock = yield* Clock.Clock
  const deadlineMs = Duration.toMillis(yield* StoreDeadline)
  const connections = yield* Semaphore.make(maxTransactionsOfAll)
  const lines = new Map<string, Line>()

  const lineOf = (tenantId: string): Line => {
    const line = lines.get(tenantId) ?? new Line(worthSecond)
    lines.set(tenantId, line)
    return line
  }

  const forgetIfEmpty = (tenantId: string) => {
    if (lines.get(tenantId)?.isEmpty === true) lines.delete(tenantId)
  }

  const writeAll = (tenantId: string, line: Line, group: ReadonlyArray<Waiting>): Effect.Effect<void> =>
    Effect.flatMap(
      Effect.exit(connections.withPermits(1)(Effect.suspend(() => write(tenantId, group.map(({ batch }) => batch))))),
      (exit) => {
        if (group.length > 1 && Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
          return Effect.forEach(group, (one) => writeAll(tenantId, line, [one]), { discard: true })
        }
        // Requests queued behind an outage would only wait for the same failure.
        const outage = outageOf(exit)
        if (outage !== undefined) line.removeJoinedBefore(Infinity).forEach((request) => request.fail(outage))
        // The next group is sent first: the database works on it while these requests are answered.
        runApart(Effect.andThen(Effect.yieldNow, Effect.sync(() => answerAll(group, exit))))
        return Effect.void
      }
    )

  const tooLate = () => new StoreUnavailable({ cause: new Error(`not begun within ${deadlineMs} ms`) })

  const drain = (tenantId: string, line: Line): Effect.Effect<void> =>
    Effect.suspend(() => {
      for (const request of line.removeJoinedBefore(clock.currentTimeMillisUnsafe() - deadlineMs)) {
        request.fail(tooLate())
      }
      const group = line.mayBegin(line.transactions - 1) ? line.next() : []
      if (group.length > 0) return Effect.andThen(writeAll(tenantId, line, group), drain(tenantId, line))
      line.transactions--
      forgetIfEmpty(tenantId)
      return Effect.void
    })

  /** Waits until a decoded request is written. */
  const written = (tenantId: string, line: Line, request: QueuedRequest, batch: Batch) =>
    Effect.suspend(() => {
      line.join(request, batch)
      if (line.mayBegin(line.transactions)) {
        line.transactions++
        runApart(drain(tenantId, line))
      }
      return Deferred.await(request.answer)
    })

  return {
    append: (tenantId, { bytes, decode }) =>
      Effect.suspend(() => {
        const request = new QueuedRequest(bytes, clock.currentTimeMillisUnsafe())
        const store = Effect.suspend(() => {
          const line = lineOf(tenantId)
          line.enter(request)
          const stored = Effect.flatMap(decode, (batch) =>
            Effect.map(written(tenantId, line, request, batch), (verdicts) => ({ batch, verdicts })))
          // Those whose end made room are answered first.
          return request.turn === undefined
            ? stored
            : Effect.andThen(Deferred.await(request.turn), Effect.andThen(Effect.yieldNow, stored))
        })
        const leave = Effect.sync(() => {
          lines.get(tenantId)?.leave(request)
          forgetIfEmpty(tenantId)
        })
        return Effect.ensuring(store, leave)
      })
  }
})
