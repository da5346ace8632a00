import { Cause, Deferred, Effect, Exit, type Scope } from "effect"
import type { Batch, EventStore, Verdict } from "../EventStore.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"

type Verdicts = ReadonlyArray<Verdict>

/** Writes several requests of one tenant in one transaction; answers the verdicts of each. */
export type WriteGroup = (
  tenantId: string,
  group: ReadonlyArray<Batch>
) => Effect.Effect<ReadonlyArray<Verdicts>, StoreUnavailable>

/** Events that a group takes before it leaves the next request to the one after; a single request may have more. */
const maxGroupEvents = 1000

/**
 * Transactions of one tenant under way at once. Two keep both sides busy: while one commits, the next is put together.
 * More would only wait for each other's rows.
 */
const maxTransactions = 2

interface Waiting {
  readonly batch: Batch
  readonly answer: Deferred.Deferred<Verdicts, StoreUnavailable>
}

/** What waits of one tenant, and how many transactions of its run. */
class Line {
  transactions = 0
  waiting: Array<Waiting> = []

  /** The requests of the next transaction, in the order in which they came. */
  next(): ReadonlyArray<Waiting> {
    let events = 0
    let count = 0
    for (const { batch } of this.waiting) {
      const more = batch.events.length + batch.rejected.length
      if (count > 0 && events + more > maxGroupEvents) break
      events += more
      count++
    }
    return this.waiting.splice(0, count)
  }
}

const answerAll = (group: ReadonlyArray<Waiting>, exit: Exit.Exit<ReadonlyArray<Verdicts>, StoreUnavailable>) => {
  group.forEach(({ answer }, i) => {
    Deferred.doneUnsafe(answer, Exit.map(exit, (verdicts) => verdicts[i] ?? []))
  })
}

/**
 * `EventStore.append` over transactions that requests share: those that come while one runs go into the next together.
 * So a lone request waits for nobody, and a thousand small ones cost few commits. A request that cannot be written fails
 * alone: its neighbours are written without it.
 */
export const groupCommit = (write: WriteGroup): Effect.Effect<EventStore["Service"], never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const lines = new Map<string, Line>()

    const writeAll = (tenantId: string, line: Line, group: ReadonlyArray<Waiting>): Effect.Effect<void> =>
      Effect.flatMap(Effect.exit(write(tenantId, group.map(({ batch }) => batch))), (exit) => {
        if (group.length > 1 && Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
          return Effect.forEach(group, (one) => writeAll(tenantId, line, [one]), { discard: true })
        }
        answerAll(group, exit)
        // Whoever waited behind an outage has waited long enough.
        if (Exit.isFailure(exit) && Cause.hasFails(exit.cause)) answerAll(line.waiting.splice(0), exit)
        return Effect.void
      })

    const drain = (tenantId: string, line: Line): Effect.Effect<void> =>
      Effect.suspend(() => {
        const group = line.next()
        if (group.length > 0) return Effect.andThen(writeAll(tenantId, line, group), drain(tenantId, line))
        line.transactions--
        if (line.transactions === 0) lines.delete(tenantId)
        return Effect.void
      })

    const join = (tenantId: string, one: Waiting) =>
      Effect.suspend(() => {
        const line = lines.get(tenantId) ?? new Line()
        lines.set(tenantId, line)
        line.waiting.push(one)
        const isFree = line.transactions < maxTransactions
        if (isFree) line.transactions++
        const started = isFree ? Effect.forkIn(drain(tenantId, line), scope) : Effect.void
        const leave = Effect.sync(() => {
          line.waiting = line.waiting.filter((other) => other !== one)
        })
        return Effect.andThen(started, Effect.onInterrupt(Deferred.await(one.answer), () => leave))
      })

    return {
      append: (tenantId, batch) => Effect.suspend(() => join(tenantId, { batch, answer: Deferred.makeUnsafe() }))
    }
  })
