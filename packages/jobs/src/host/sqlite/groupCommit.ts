import { Deferred, Effect, Exit } from "effect"
import type { DatabaseSync } from "node:sqlite"

interface Write {
  readonly run: () => void
  readonly done: Deferred.Deferred<void, unknown>
}

/**
 * Runs writes in transactions. Those that come in the same turn of the scheduler share one, and with it one sync of the
 * disk, which is what a commit costs. When that fails each gets one of its own, so that a write which cannot be stored
 * takes no other with it. A write fails with what SQLite or `check`, which is called before each transaction, threw; then
 * nothing of it is stored.
 */
export const groupCommit = (
  db: DatabaseSync,
  check: () => void = () => undefined
): (run: () => void) => Effect.Effect<void, unknown> => {
  let waiting: Array<Write> = []

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
    const together = transact(writes)
    const isEachAlone = Exit.isFailure(together) && writes.length > 1
    for (const write of writes) Deferred.doneUnsafe(write.done, isEachAlone ? transact([write]) : together)
  }

  return (run) =>
    Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void, unknown>()
      waiting.push({ run, done })
      const isFirst = waiting.length === 1
      // The first one waits for the others of its turn and commits for all, so it must not be interrupted before.
      const lead = isFirst ? Effect.andThen(Effect.yieldNow, Effect.sync(commitAll)) : Effect.void
      return Effect.andThen(lead, Deferred.await(done))
    }).pipe(Effect.uninterruptible)
}
