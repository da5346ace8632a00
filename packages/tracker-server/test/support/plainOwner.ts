import { freshDatabase } from "@durable-effect/test-support"
import { PgConnection } from "@durable-effect/tracker-server"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"

export const on = (url: Redacted.Redacted) => Effect.provide(PgConnection.layer({ url }))

/** A login role of a database, gone with the test, and the address by which it comes. */
export const plainRole = Effect.fnUntraced(function*(admin: Redacted.Redacted) {
  const role = `owner_${randomUUID().replaceAll("-", "")}`
  const address = new URL(Redacted.value(admin))
  address.username = role
  address.password = "secret"
  yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'secret'`).pipe(
    on(admin)
  )
  yield* Effect.addFinalizer(() =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`DROP OWNED BY ${sql(role)} CASCADE`
      yield* sql`DROP ROLE ${sql(role)}`
    }).pipe(on(admin), Effect.orDie)
  )
  return { role, url: Redacted.make(address.href) }
})

/** A login role that owns a new database but may make no roles, as managed databases hand them out. */
export const plainOwner = Effect.gen(function*() {
  const admin = yield* freshDatabase("empty")
  const { role, url } = yield* plainRole(admin)
  yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`ALTER SCHEMA public OWNER TO ${sql(role)}`).pipe(on(admin))
  return { admin, role, url }
})
