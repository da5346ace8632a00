import { Deferred, Effect, Exit } from "effect"
import type { DatabaseSync } from "node:sqlite"

interface Write {
  readonly run: () => void
  readonly done: Deferred.Deferred<void, unknown>
}

/**
 * Runs writes in transactions. Those that come in the same turn of the scheduler share one, and with it one sync of the
 * disk, which is what a commit costs. Fails with what SQLite threw; then none of the turn's writes is stored.
 */
export const groupCommit = (db: DatabaseSync): (run: () => void) => Effect.Effect<void, unknown> => {
  let waiting: Array<Write> = []

  const commitAll = () => {
    const writes = waiting
    waiting = []
    let exit: Exit.Exit<void, unknown> = Exit.void
    try {
      db.exec("BEGIN IMMEDIATE")
      for (const { run } of writes) run()
      db.exec("COMMIT")
    } catch (cause) {
      exit = Exit.fail(cause)
      if (db.isTransaction) db.exec("ROLLBACK")
    }
    for (const { done } of writes) Deferred.doneUnsafe(done, exit)
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
