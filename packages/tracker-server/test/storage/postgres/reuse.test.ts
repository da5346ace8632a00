import { StoreUnavailable } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { EventStore } from "../../../src/storage/EventStore.ts"
import * as PgEventStore from "../../../src/storage/postgres/PgEventStore.ts"
import { TenantSql } from "../../../src/storage/postgres/TenantSql.ts"
import { ingest } from "../../support/ingest.ts"
import { watchedPostgres } from "../../support/watchedPostgres.ts"

const tenant = "acme"
/** PostgreSQL cannot store this text: it refuses the statement that confines to the tenant. */
const unfitTenant = "no\0tenant"

const event = (eventId: string) => ({ eventId, type: "something.else", timestamp: "2026-01-11T10:00:00Z", data: {} })

/** Whether a statement outside of any transaction gets one of its own: it begins anew each time. */
const isOutside = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const now = sql<{ now: string }>`SELECT now()::text AS now`
  const [[before], [after]] = [yield* now, yield* now]
  return before?.now !== after?.now
})

/** More statements of one transaction than there are attempts. */
const many = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** Everything that uses a connection. */
const makeUses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { atOnce, read, within } = yield* TenantSql
  const one = sql`SELECT 1 AS one`
  return new Map<string, Effect.Effect<unknown, unknown>>([
    ["read", read(tenant)(one)],
    ["within", within(tenant)(one)],
    ["within, which fails", Effect.flip(within(tenant)(Effect.andThen(one, Effect.fail("no"))))],
    ["many statements", within(tenant)(Effect.forEach(many, (n) => sql.unsafe(`SELECT ${n} AS one`)))],
    ["atOnce", atOnce(tenant, "auto", [{ sql: "SELECT 1 AS one", params: [] }])],
    ["the owner", sql.withTransaction(one)]
  ])
})

describe("the only connection of a pool", () => {
  it.live("can be used again after a transaction that could not be confined to its tenant", () =>
    Effect.gen(function*() {
      const { watched } = yield* watchedPostgres(() => undefined)
      yield* Effect.gen(function*() {
        const { atOnce, read, within } = yield* TenantSql
        const one = (yield* SqlClient.SqlClient)`SELECT 1 AS one`
        const uses = yield* makeUses
        const unfit: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>]> = [
          ["read", read(unfitTenant)(one)],
          ["within", within(unfitTenant)(one)],
          ["atOnce", atOnce(unfitTenant, "auto", [{ sql: "SELECT 1 AS one", params: [] }])]
        ]
        for (const [name, use] of unfit) {
          assert.isTrue(Exit.isFailure(yield* Effect.exit(use)))
          for (const [next, again] of uses) {
            assert.isTrue(Exit.isSuccess(yield* Effect.exit(again)), `${next} after ${name}`)
            assert.isTrue(yield* isOutside, `${next} after ${name}`)
          }
        }
      }).pipe(Effect.provide(watched))
    }))

  it.live("serves on when the server has lost any of its prepared statements", () =>
    Effect.gen(function*() {
      const { watched } = yield* watchedPostgres(() => undefined)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const context = yield* Effect.context<EventStore>()
        const send = (id: string) => Effect.provideContext(ingest(tenant, [event(id)]), context)
        let sent = 0
        const uses = (yield* makeUses)
          .set("ingest", Effect.suspend(() => send(`e${++sent}`)))
          .set("ingest of what is stored", send("stored"))
        const prepared = sql<{ name: string; statement: string }>`
          SELECT quote_ident(name) AS name, statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared_statements%'`
        for (const [name, use] of uses) {
          yield* use
          yield* use
          const names = yield* prepared
          assert.isNotEmpty(names)
          for (const { name: lost, statement } of [...names, { name: "ALL", statement: "any" }]) {
            yield* use
            yield* sql.unsafe(`DEALLOCATE ${lost}`).pipe(Effect.catch(() => Effect.void))
            const exit = yield* Effect.exit(use)
            assert.isTrue(Exit.isSuccess(exit), `${name} without ${statement}: ${JSON.stringify(exit)}`)
            assert.isTrue(yield* isOutside, `${name} without ${statement}`)
          }
        }
      }).pipe(Effect.provide(Layer.provideMerge(PgEventStore.layer, watched)))
    }))

  it.live("reads on when a migration has changed what a prepared statement returns", () =>
    Effect.gen(function*() {
      const { direct, watched } = yield* watchedPostgres(() => undefined)
      const owner = yield* Layer.build(direct)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { read, within } = yield* TenantSql
        const counts = sql`SELECT * FROM ingest_counts`
        for (
          const [i, use] of [within(tenant)(counts), read(tenant)(Effect.andThen(sql`SELECT 1`, counts))].entries()
        ) {
          yield* use
          yield* Effect.provideContext(
            Effect.flatMap(
              SqlClient.SqlClient,
              (sql) => sql.unsafe(`ALTER TABLE ingest_counts ADD COLUMN more${i} int`)
            ),
            owner
          )
          yield* use
        }
      }).pipe(Effect.provide(watched))
    }))

  it.effect("has one deadline for a group of events, even if they turn out to be stored", () =>
    Effect.gen(function*() {
      let begun = 0
      const runFork = Effect.runForkWith(yield* Effect.context())
      const { watched } = yield* watchedPostgres((data, towards) => {
        if (towards !== "server" || !data.includes("BEGIN")) return
        begun++
        runFork(TestClock.adjust("6 seconds"))
      })
      yield* Effect.gen(function*() {
        yield* ingest(tenant, [event("a")])
        assert.deepStrictEqual(begun, 1)
        assert.instanceOf(yield* Effect.flip(ingest(tenant, [event("a")])), StoreUnavailable)
        assert.deepStrictEqual(begun, 3)
      }).pipe(Effect.provide(Layer.provideMerge(PgEventStore.layer, watched)))
    }))
})
