import { Cause, Clock, Deferred, Duration, Effect, Exit, FiberSet, type Scope, Semaphore } from "effect"
import { isSqlError } from "effect/sql/SqlError"
import { type Batch, type EventStore, KeyEnded, type Verdict } from "../EventStore.ts"
import { StoreUnavailable } from "../StoreUnavailable.ts"
import { StoreDeadline } from "./deadline.ts"
import { isConnectionLost } from "./sqlFailure.ts"

type Verdicts = ReadonlyArray<Verdict>

/** The outcome of one request of a group. */
export type Written = Verdicts | KeyEnded

/** Writes several requests of one tenant in one transaction; returns the outcome of each. */
export type WriteGroup = (
  tenantId: string,
  group: ReadonlyArray<Batch>
) => Effect.Effect<ReadonlyArray<Written>, StoreUnavailable>

/** Limits of a group; a single request may exceed them. */
const maxGroup = { events: 1000, bytes: 4 * 1024 * 1024 }

/**
 * Concurrent transactions per tenant. Two keep both sides busy: while one commits, the next is assembled. More would
 * only wait for each other's rows.
 */
const maxTransactions = 2

/** Waiting events that are worth a second transaction: most of what fewer would cost is the transaction. */
const enoughForSecond = 100

/** Concurrent transactions of all tenants: the pool's other connections are for keys and queries. */
const maxTransactionsOfAll = 6

interface Waiting {
  readonly batch: Batch
  readonly since: number
  readonly answer: Deferred.Deferred<Verdicts, KeyEnded | StoreUnavailable>
}

const sizeOf = ({ events, rejected }: Batch): number => events.length + rejected.length

/** A tenant's waiting requests, and how many of its transactions are running. */
class Line {
  transactions = 0
  waiting: Array<Waiting> = []
  readonly #worthSecond: number

  constructor(worthSecond: number) {
    this.#worthSecond = worthSecond
  }

  /** Whether a transaction is to begin with what waits, beside so many `others`. */
  mayBegin(others: number): boolean {
    if (others === 0) return this.waiting.length > 0
    return others < maxTransactions &&
      this.waiting.reduce((sum, { batch }) => sum + sizeOf(batch), 0) >= this.#worthSecond
  }

  /** Removes and returns the requests of the next transaction, in order of arrival. */
  next(): ReadonlyArray<Waiting> {
    const total = { events: 0, bytes: 0 }
    const end = this.waiting.findIndex(({ batch }, i) => {
      total.events += sizeOf(batch)
      for (const { bytes } of batch.events) total.bytes += bytes
      return i > 0 && (total.events > maxGroup.events || total.bytes > maxGroup.bytes)
    })
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end)
  }

  /** Removes and returns the requests that joined before this moment. */
  overdue(before: number): ReadonlyArray<Waiting> {
    const late = this.waiting.filter(({ since }) => since < before)
    this.waiting = this.waiting.filter(({ since }) => since >= before)
    return late
  }
}

const answerOf = (written: Written): Exit.Exit<Verdicts, KeyEnded> =>
  written instanceof KeyEnded ? Exit.fail(written) : Exit.succeed(written)

const answerAll = (group: ReadonlyArray<Waiting>, exit: Exit.Exit<ReadonlyArray<Written>, StoreUnavailable>) => {
  group.forEach(({ answer }, i) => {
    Deferred.doneUnsafe(answer, Exit.isFailure(exit) ? Exit.failCause(exit.cause) : answerOf(exit.value[i] ?? []))
  })
}

/** Whether the store is down altogether, rather than just failing these statements. */
const isAway = (exit: Exit.Exit<unknown, StoreUnavailable>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) =>
    Cause.isFailReason(reason) && isSqlError(reason.error.cause) && isConnectionLost(reason.error.cause)
  )

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

  const writeAll = (tenantId: string, line: Line, group: ReadonlyArray<Waiting>): Effect.Effect<void> =>
    Effect.flatMap(
      Effect.exit(connections.withPermits(1)(Effect.suspend(() => write(tenantId, group.map(({ batch }) => batch))))),
      (exit) => {
        if (group.length > 1 && Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
          return Effect.forEach(group, (one) => writeAll(tenantId, line, [one]), { discard: true })
        }
        answerAll(group, exit)
        // Requests queued behind an outage would only wait for the same failure.
        if (isAway(exit)) answerAll(line.waiting.splice(0), exit)
        return Effect.void
      }
    )

  const tooLate = () => Exit.fail(new StoreUnavailable({ cause: new Error(`not begun within ${deadlineMs} ms`) }))

  const drain = (tenantId: string, line: Line): Effect.Effect<void> =>
    Effect.suspend(() => {
      const overdue = line.overdue(clock.currentTimeMillisUnsafe() - deadlineMs)
      if (overdue.length > 0) answerAll(overdue, tooLate())
      const group = line.mayBegin(line.transactions - 1) ? line.next() : []
      if (group.length > 0) return Effect.andThen(writeAll(tenantId, line, group), drain(tenantId, line))
      line.transactions--
      if (line.transactions === 0) lines.delete(tenantId)
      return Effect.void
    })

  return {
    append: (tenantId, batch) =>
      Effect.suspend(() => {
        const one: Waiting = { batch, since: clock.currentTimeMillisUnsafe(), answer: Deferred.makeUnsafe() }
        const line = lines.get(tenantId) ?? new Line(worthSecond)
        lines.set(tenantId, line)
        line.waiting.push(one)
        if (line.mayBegin(line.transactions)) {
          line.transactions++
          runApart(drain(tenantId, line))
        }
        const leave = Effect.sync(() => {
          line.waiting = line.waiting.filter((other) => other !== one)
        })
        return Effect.onInterrupt(Deferred.await(one.answer), () => leave)
      })
  }
})
