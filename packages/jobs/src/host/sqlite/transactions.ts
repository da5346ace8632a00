import type { DatabaseSync } from "node:sqlite"
import { failureOf } from "./failures.ts"
import type { Outcome } from "./requests.ts"

/**
 * Runs writes in one transaction, and with one sync of the disk, which is the cost of a commit. If that fails, each
 * gets its own transaction, so that a write that cannot be stored takes no other with it. `check` is called before each
 * transaction; if it throws, the writes fail with that error.
 */
export const transactions = (db: DatabaseSync, check: () => void = () => undefined) => {
  const rollBack = () => {
    try {
      if (db.isTransaction) db.exec("ROLLBACK")
    } catch {
      // The next transaction starts with another rollback.
    }
  }

  const transact = <A>(writes: ReadonlyArray<() => A>): ReadonlyArray<Outcome<A>> => {
    try {
      check()
      rollBack()
      db.exec("BEGIN IMMEDIATE")
      const outcomes = writes.map((write) => ({ answer: write() }))
      db.exec("COMMIT")
      return outcomes
    } catch (cause) {
      rollBack()
      return writes.length > 1 ? writes.flatMap((write) => transact([write])) : [{ failure: failureOf(cause) }]
    }
  }
  return transact
}
