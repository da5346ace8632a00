import * as PgConnection from "@effect/sql-pg/PgConnection"
import { Effect, type Queue, type Redacted, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { advisoryLock } from "../postgres/advisoryLock.ts"

/** A server runs until it is stopped; a command finishes in a moment. */
export type Role = "server" | "command"

/** The owner of a data directory holds a lock as long as its connection lives, so that even a kill releases it. */
export type Ownership =
  | { readonly _tag: "Owned"; readonly lost: Queue.Dequeue<unknown, SqlError> }
  | { readonly _tag: "Held"; readonly by: Role; readonly pid: number }

const nameOf = (role: Role) => `tracker-server ${role} ${process.pid}`
const namePattern = /^tracker-server (server|command) (\d+)$/

/** Tries once to become the owner; otherwise reports who is. Owned until the scope closes. */
export const tryOwn = Effect.fnUntraced(function*(
  url: Redacted.Redacted,
  role: Role
): Effect.fn.Return<Ownership, SqlError, Scope.Scope> {
  const connection = yield* PgConnection.make({ url, applicationName: nameOf(role) })
  const lock = [advisoryLock.space, advisoryLock.dataDirectory]
  const answer = yield* connection.query("SELECT pg_try_advisory_lock($1, $2) AS taken", lock)
  if (answer.rows[0]?.["taken"] === true) {
    // LISTEN costs nothing and reports when the connection ends.
    return { _tag: "Owned", lost: yield* connection.listen("tracker_owner") }
  }
  const holders = yield* connection.query(
    `SELECT a.application_name::text AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid`,
    lock
  )
  const [, by, pid] = namePattern.exec(String(holders.rows[0]?.["name"])) ?? []
  return { _tag: "Held", by: by === "server" ? "server" : "command", pid: Number(pid ?? 0) }
})
