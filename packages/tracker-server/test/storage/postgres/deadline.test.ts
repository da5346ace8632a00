import { layerFreshPostgres } from "@durable-effect/test-support"
import { EmbeddedPostgres, migrate, PgConnection, StoreUnavailable } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Option, type Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { StoreDeadline } from "../../../src/storage/postgres/deadline.ts"
import * as Tenants from "../../../src/storage/postgres/TenantSql.ts"
import { dataDirectory, postgresPid } from "../../cli/TrackerProcess.ts"
import { problem, request, serverOver } from "../../http/server.ts"

const limits = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql`SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
    current_setting('idle_in_transaction_session_timeout') AS idle`
)

const event = (id: string) =>
  JSON.stringify({
    events: [{ eventId: id, type: "hang.test", timestamp: "2026-01-11T10:00:00.000Z", data: {} }]
  })

/** A PostgreSQL of one's own, which may be stopped. */
const ownPostgres = Effect.gen(function*() {
  const directory = yield* dataDirectory
  const { url } = yield* EmbeddedPostgres.open({ directory, role: "command", settings: ["-c", "fsync=off"] })
  yield* migrate().pipe(Effect.provide(PgConnection.layer({ url })))
  return { directory, url }
})

/** All processes that answer clients, and the one that lets new clients in. */
const processes = (directory: string, url: Redacted.Redacted) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const backends = yield* sql<{ pid: number }>`
      SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`
    return [Option.getOrThrow(postgresPid(directory)), ...backends.map(({ pid }) => pid)]
  }).pipe(Effect.provide(PgConnection.layer({ url, maxConnections: 1 })))

const signal = (pids: ReadonlyArray<number>, name: "SIGSTOP" | "SIGCONT") =>
  Effect.sync(() => {
    for (const pid of pids) process.kill(pid, name)
  })

describe("a deadline", () => {
  it.live("makes a database that hangs a 503 with Retry-After, for every request, until it goes on", () =>
    Effect.gen(function*() {
      const { directory, url: databaseUrl } = yield* ownPostgres
      const { makeKey, url } = yield* serverOver(databaseUrl)
      const { secret } = yield* makeKey("acme", "ingest")
      const post = (id: string) =>
        request(`${url}/v1/events`, {
          method: "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          body: event(id)
        })
      assert.strictEqual((yield* post("before")).status, 200)
      const pids = yield* processes(directory, databaseUrl)
      yield* Effect.acquireRelease(signal(pids, "SIGSTOP"), () => Effect.ignoreCause(signal(pids, "SIGCONT")))
      // More than the pool has connections.
      const ids = Array.from({ length: 15 }, (_, i) => `during-${i}`)
      for (const answer of yield* Effect.forEach(ids, post, { concurrency: "unbounded" })) {
        assert.deepStrictEqual(
          [answer.status, answer.headers.get("retry-after"), problem(answer).body.type],
          [503, "1", "urn:durable-effect:problem:unavailable"]
        )
      }
      yield* signal(pids, "SIGCONT")
      assert.strictEqual((yield* post("after")).status, 200)
    }).pipe(Effect.provideService(StoreDeadline, Duration.seconds(2))))

  it.live("ends a transaction that hangs in the middle, and its connection with it, at once when it is interrupted", () =>
    Effect.gen(function*() {
      const { directory, url } = yield* ownPostgres
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { within } = yield* Tenants.TenantSql
        /** A transaction under way, all processes of PostgreSQL stopped, and then something done to it. */
        const hang = Effect.fnUntraced(
          function*<A, E>(
            deadline: Duration.Duration,
            end: (
              hanging: Fiber.Fiber<void, StoreUnavailable>,
              goOn: Effect.Effect<unknown>
            ) => Effect.Effect<A, E>
          ) {
            const began = yield* Deferred.make<void>()
            const isStopped = yield* Deferred.make<void>()
            const hanging = yield* within("acme")(Effect.gen(function*() {
              yield* sql`SELECT 1`
              yield* Deferred.succeed(began, undefined)
              yield* Deferred.await(isStopped)
            })).pipe(Effect.provideService(StoreDeadline, deadline), Effect.forkChild)
            yield* Deferred.await(began)
            const pids = yield* processes(directory, url)
            yield* Effect.acquireRelease(signal(pids, "SIGSTOP"), () => Effect.ignoreCause(signal(pids, "SIGCONT")))
            const ended = yield* end(hanging, Deferred.succeed(isStopped, undefined))
            yield* signal(pids, "SIGCONT")
            assert.deepStrictEqual(yield* within("acme")(sql`SELECT 1 AS one`), [{ one: 1 }])
            return ended
          },
          Effect.scoped
        )
        // All that is left to do is the commit, which nothing can interrupt.
        const late = hang(
          Duration.seconds(2),
          (hanging, goOn) => Effect.andThen(goOn, Effect.flip(Fiber.join(hanging)))
        )
        assert.instanceOf(yield* late, StoreUnavailable)
        // Nobody says whether it was rolled back, and nobody waits for the deadline to be told.
        yield* hang(Duration.hours(1), (hanging) => Fiber.interrupt(hanging))
      }).pipe(Effect.provide(Tenants.layer), Effect.provide(PgConnection.layer({ url, maxConnections: 1 })))
    }))

  it.live("is PostgreSQL's own too for tenants, and none is there for the owner", () =>
    Effect.gen(function*() {
      const { within } = yield* Tenants.TenantSql
      assert.deepStrictEqual(yield* within("acme")(limits), [{ statement: "9s", lock: "5s", idle: "15s" }])
      assert.deepStrictEqual(yield* limits, [{ statement: "0", lock: "0", idle: "0" }])
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("ends a transaction that does nothing, which counts as an outage", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { within } = yield* Tenants.TenantSql
      const backend = yield* Deferred.make<number>()
      const isGone = yield* Deferred.make<void>()
      const idle = yield* Effect.forkChild(
        within("acme")(Effect.gen(function*() {
          const [row] = yield* sql<{ pid: number }>`
            SELECT pg_backend_pid() AS pid, set_config('idle_in_transaction_session_timeout', '1ms', true)`
          yield* Deferred.succeed(backend, row?.pid ?? 0)
          yield* Deferred.await(isGone)
          yield* sql`SELECT 1`
        }))
      )
      const pid = yield* Deferred.await(backend)
      yield* Effect.repeat(sql`SELECT FROM pg_stat_activity WHERE pid = ${pid}`, {
        until: (rows) => rows.length === 0,
        schedule: Schedule.spaced("10 millis")
      })
      yield* Deferred.succeed(isGone, undefined)
      assert.instanceOf(yield* Effect.flip(Fiber.join(idle)), StoreUnavailable)
    }).pipe(Effect.provide(layerFreshPostgres)))
})
