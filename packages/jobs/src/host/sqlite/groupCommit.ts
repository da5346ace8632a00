import { Deferred, Effect, Exit } from "effect"
import type { DatabaseSync } from "node:sqlite"

interface Write {
  readonly run: () => void
  readonly done: Deferred.Deferred<void, unknown>
}

/** How many turns of the scheduler a write that can wait leaves to others to begin a transaction. */
const patience = 3

export interface GroupCommit {
  /** Writes in the transaction of this turn. Fails with what SQLite or `check` threw; then nothing of it is stored. */
  readonly now: (run: () => void) => Effect.Effect<void, unknown>
  /** The same for what nobody waits for: in the transaction of whoever writes next, if somebody does soon. */
  readonly soon: (run: () => void) => Effect.Effect<void, unknown>
}

/**
 * Runs writes in transactions. Those that come in the same turn of the scheduler share one, and with it one sync of the
 * disk, which is what a commit costs. When that fails each gets one of its own, so that a write which cannot be stored
 * takes no other with it. `check` is called before each transaction.
 */
export const groupCommit = (
  db: DatabaseSync,
  check: () => void = () => undefined
): GroupCommit => {
  let waiting: Array<Write> = []
  let hasLeader = false

  const rollBack = () => {
    try {
      if (db.isTransaction) db.exec("ROLLBACK")
    } catch {
      // The next transaction begins with it again.
    }
  }

  const transact = (writes: ReadonlyArray<Write>): Exit.Exit<void, unknown> => {
    try {
      check()
      rollBack()
      db.exec("BEGIN IMMEDIATE")
      for (const { run } of writes) run()
      db.exec("COMMIT")
      return Exit.void
    } catch (cause) {
      rollBack()
      return Exit.fail(cause)
    }
  }

  const commitAll = () => {
    const writes = waiting
    waiting = []
    hasLeader = false
    if (writes.length === 0) return
    const together = transact(writes)
    const isEachAlone = Exit.isFailure(together) && writes.length > 1
    for (const write of writes) Deferred.doneUnsafe(write.done, isEachAlone ? transact([write]) : together)
  }

  // Who leads waits for the others of its turn and commits for all, so it must not be interrupted before.
  const lead = Effect.andThen(Effect.yieldNow, Effect.sync(commitAll))

  const leadUnlessDone = (done: Write["done"], turns: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (Deferred.isDoneUnsafe(done)) return Effect.void
      return turns === 0 ? Effect.sync(commitAll) : Effect.andThen(Effect.yieldNow, leadUnlessDone(done, turns - 1))
    })

  const queued = (run: () => void, whoLeads: (write: Write) => Effect.Effect<void>) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const write: Write = { run, done: Deferred.makeUnsafe<void, unknown>() }
      waiting.push(write)
      return Effect.andThen(whoLeads(write), Deferred.await(write.done))
    }))

  return {
    now: (run) =>
      queued(run, () => {
        if (hasLeader) return Effect.void
        hasLeader = true
        return lead
      }),
    soon: (run) => queued(run, (write) => leadUnlessDone(write.done, patience))
  }
}
