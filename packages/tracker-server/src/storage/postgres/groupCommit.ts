import { Cause, Clock, Deferred, Duration, Effect, Exit, FiberSet, Schedule, type Scope, Semaphore } from "effect"
import { isSqlError } from "effect/sql/SqlError"
import type { Batch, EventStore, Outdated, Verdict } from "../EventStore.ts"
import { StoreUnavailable } from "../StoreUnavailable.ts"
import { StoreDeadline } from "./deadline.ts"
import { type Line, QueuedRequest, type Waiting } from "./Line.ts"
import { Lines } from "./Lines.ts"
import { isConnectionLost } from "./sqlFailure.ts"

type Verdicts = ReadonlyArray<Verdict>

/** The outcome of one request of a group. */
export type Written = Verdicts | Outdated

export const isOutdated = (written: Written): written is Outdated => "_tag" in written

/** Writes several requests of one tenant in one transaction; returns the outcome of each. */
export type WriteGroup = (
  tenantId: string,
  group: ReadonlyArray<Batch>
) => Effect.Effect<ReadonlyArray<Written>, StoreUnavailable>

/** Concurrent transactions of all tenants: the pool's other connections are for keys and queries. */
const maxTransactionsOfAll = 6

/** How often requests are looked for that have waited too long. */
const lookForLate = Schedule.spaced(Duration.seconds(1))

const stopped = new StoreUnavailable({ cause: new Error("the store was closed") })

type GroupExit = Exit.Exit<ReadonlyArray<Written>, StoreUnavailable>

const answerOf = (written: Written): Exit.Exit<Verdicts, Outdated> =>
  isOutdated(written) ? Exit.fail(written) : Exit.succeed(written)

const answerAll = (group: ReadonlyArray<Waiting>, exit: GroupExit): void => {
  group.forEach(({ request: { answer } }, i) => {
    Deferred.doneUnsafe(answer, Exit.isFailure(exit) ? Exit.failCause(exit.cause) : answerOf(exit.value[i] ?? []))
  })
}

/** Answers a group as soon as the next one is sent: the database works on that meanwhile. */
const answerSoon = (group: ReadonlyArray<Waiting>, exit: GroupExit): Effect.Effect<void> =>
  Effect.withFiberSucceed(({ currentDispatcher }) => currentDispatcher.scheduleTask(() => answerAll(group, exit), 0))

/** How the store failed if it is down altogether, rather than just failing these statements. */
const outageOf = (exit: Exit.Exit<unknown, StoreUnavailable>): StoreUnavailable | undefined => {
  const errors = Exit.isFailure(exit) ? exit.cause.reasons.filter(Cause.isFailReason).map(({ error }) => error) : []
  return errors.find(({ cause }) => isSqlError(cause) && isConnectionLost(cause))
}

/**
 * `EventStore.append` with group commit: requests that arrive while a transaction runs share the next one. A lone
 * request waits for nobody, and a thousand small ones cost few commits. A request that cannot be written fails alone:
 * the others are written without it.
 */
export const groupCommit = Effect.fnUntraced(function*(
  write: WriteGroup,
  lines = new Lines()
): Effect.fn.Return<EventStore["Service"], never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const deadlineMs = Duration.toMillis(yield* StoreDeadline)
  const connections = yield* Semaphore.make(maxTransactionsOfAll)
  let isClosed = false
  // Runs once no transaction does any more.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      for (const line of lines) line.close(stopped)
    })
  )
  // The write belongs to all requests of a group, so it runs independently of each of them.
  const runApart = yield* FiberSet.makeRuntime<never, void, never>()

  const refuseLate = Effect.sync(() => {
    const tooLate = new StoreUnavailable({ cause: new Error(`not begun within ${deadlineMs} ms`) })
    for (const line of lines) line.refuse(clock.currentTimeMillisUnsafe() - deadlineMs, tooLate)
  })
  yield* Effect.forkScoped(Effect.repeat(refuseLate, lookForLate))

  const writeGroup = (line: Line, group: ReadonlyArray<Waiting>): Effect.Effect<void> =>
    // Suspended: what throws before there is an effect fails its group, too.
    Effect.flatMap(Effect.exit(Effect.suspend(() => write(line.tenantId, group.map(({ batch }) => batch)))), (exit) => {
      if (group.length > 1 && Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
        return Effect.sync(() => line.separate(group))
      }
      // Requests queued behind an outage would only wait for the same failure.
      const outage = outageOf(exit)
      if (outage !== undefined) line.refuse(Infinity, outage)
      return answerSoon(group, exit)
    })

  /** Writes one group after the other until none may begin. */
  const drain = (line: Line): Effect.Effect<void> =>
    Effect.suspend(() => {
      // What waits for a connection waits in line.
      const group = line.mayBegin(line.transactions - 1) ? line.next() : []
      if (group.length > 0) return Effect.as(writeGroup(line, group), true)
      line.transactions--
      lines.forgetIfEmpty(line)
      return Effect.succeed(false)
    }).pipe(connections.withPermits(1), Effect.flatMap((goesOn) => goesOn ? drain(line) : Effect.void))

  /** Waits until a decoded request is written. */
  const written = (line: Line, request: QueuedRequest, batch: Batch) =>
    Effect.suspend(() => {
      line.join(request, batch)
      if (line.mayBegin(line.transactions)) {
        line.transactions++
        runApart(drain(line))
      }
      return Deferred.await(request.answer)
    })

  /** Waits until a request is decoded and written. */
  const stored = <B extends Batch, E>(line: Line, request: QueuedRequest, decode: Effect.Effect<B, E>) => {
    const turn = line.enter(request)
    const decodedAndWritten = Effect.flatMap(
      decode,
      (batch) => Effect.map(written(line, request, batch), (verdicts) => ({ batch, verdicts }))
    )
    return turn === undefined
      ? decodedAndWritten
      // Those whose end made room are answered first.
      : Effect.andThen(Deferred.await(turn), Effect.andThen(Effect.yieldNow, decodedAndWritten))
  }

  return {
    append: (tenantId, { bytes, decode }) =>
      Effect.suspend(() => {
        if (isClosed) return Effect.fail(stopped)
        const request = new QueuedRequest(bytes, clock.currentTimeMillisUnsafe())
        let line: Line | undefined
        return Effect.ensuring(
          Effect.suspend(() => stored(line = lines.of(tenantId), request, decode)),
          Effect.sync(() => {
            if (line === undefined) return
            line.leave(request)
            lines.forgetIfEmpty(line)
          })
        )
      })
  }
})
