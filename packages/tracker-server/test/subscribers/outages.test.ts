import { freshDatabase } from "@durable-effect/test-support"
import { natsServer } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
import { AckPolicy, jetstreamManager } from "@nats-io/jetstream"
import { connect, nanos } from "@nats-io/transport-node"
import { Duration, Effect, Fiber, Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import { StoreDeadline } from "../../src/storage/postgres/deadline.ts"
import { ownerOf } from "../admin/AdminServer.ts"
import { getStatus, startProcess } from "../cli/TrackerProcess.ts"
import { serverOver } from "../http/server.ts"
import { ownPostgres } from "../support/OwnPostgres.ts"
import { busAt, publishAll, untilCounted, untilDone } from "./BusServer.ts"

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `event-${from + i}`,
    source: "worker",
    type: "task.progress",
    time: "2026-01-11T10:00:00Z",
    topic: "system-events",
    data: { task_id: `task-${(from + i) % 50}`, plan_id: "plan", state: "running" }
  }))

/** Asserts that so many events are stored, each once, and nothing was refused. */
const assertOnce = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, count: number) {
  const rows = yield* sql<{ event_id: string }>`SELECT event_id FROM event_timeline`
  assert.deepStrictEqual(
    rows.map(({ event_id }) => event_id).sort(),
    events(0, count).map(({ id }) => id).sort()
  )
  assert.deepStrictEqual(yield* sql`SELECT code FROM rejected_events`, [])
})

const managerOf = (url: string) =>
  Effect.gen(function*() {
    const connection = yield* Effect.acquireRelease(
      Effect.promise(() => connect({ servers: url.replace("nats://", "") })),
      (connection) => Effect.promise(() => connection.close())
    )
    return yield* Effect.promise(() => jetstreamManager(connection))
  })

const stream = "tracker-events-system-events"
const consumer = "tracker-server-system-events"

/** Makes the consumer before the server does: one that waits but a second for a sign of life. */
const makeImpatient = Effect.fnUntraced(function*(url: string) {
  const manager = yield* managerOf(url)
  yield* Effect.promise(() => manager.streams.add({ name: stream, subjects: ["tracker.events.system-events"] }))
  yield* Effect.promise(() =>
    manager.consumers.add(stream, {
      durable_name: consumer,
      filter_subject: "tracker.events.system-events",
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(1000)
    })
  )
}, Effect.scoped)

describe("a server with a bus", () => {
  it.live(
    "stores 3,500 messages once that come while its database is away, and uses up no delivery of them",
    () =>
      Effect.gen(function*() {
        const nats = yield* natsServer
        const postgres = yield* ownPostgres
        const { url } = yield* serverOver(postgres.url, { "nats-url": nats.url })
        const bus = yield* busAt(nats.url, "tracker")
        yield* publishAll(bus, events(0, 1))
        yield* untilDone(url)
        yield* postgres.end("SIGQUIT")
        yield* publishAll(bus, events(1, 3500))
        const manager = yield* managerOf(nats.url)
        const info = Effect.promise(() => manager.consumers.info(stream, consumer))
        // It holds what it has and asks for no more.
        const held = yield* Effect.repeat(info, { until: ({ num_ack_pending }) => num_ack_pending > 0 })
        assert.isAtMost(held.num_ack_pending, 3000)
        assert.isAtLeast(held.num_pending, 500)
        assert.strictEqual(yield* getStatus(`${url}/ready`), 503)
        yield* postgres.start
        yield* untilDone(url)
        yield* assertOnce(yield* ownerOf(postgres.url), 3501)
        const { delivered, num_redelivered } = yield* info
        assert.deepStrictEqual([delivered.consumer_seq, num_redelivered], [3501, 0])
      }).pipe(Effect.provideService(StoreDeadline, Duration.seconds(2))),
    60_000
  )

  it.live(
    "starts before the bus is there, and loses nothing when that is killed or started again",
    () =>
      Effect.gen(function*() {
        const nats = yield* natsServer
        yield* makeImpatient(nats.url)
        yield* nats.end("SIGTERM")
        const databaseUrl = yield* freshDatabase()
        const sql = yield* ownerOf(databaseUrl)
        const { url } = yield* serverOver(databaseUrl, { "nats-url": nats.url })
        assert.strictEqual(yield* getStatus(`${url}/ready`), 200)
        const bus = yield* busAt(nats.url, "tracker")
        const publisher = yield* Effect.forkChild(publishAll(bus, events(0, 1500)))
        yield* nats.start
        yield* untilCounted(sql, "event_timeline", 100)
        yield* nats.end("SIGKILL")
        yield* nats.start
        yield* untilCounted(sql, "event_timeline", 400)
        yield* nats.end("SIGTERM")
        yield* nats.start
        yield* Fiber.join(publisher)
        yield* untilDone(url)
        yield* assertOnce(sql, 1500)
      }),
    60_000
  )

  it.live(
    "leaves what it had to its replica when it is killed while it stores, and again when it is stopped",
    () =>
      Effect.gen(function*() {
        const nats = yield* natsServer
        const databaseUrl = yield* freshDatabase()
        const sql = yield* ownerOf(databaseUrl)
        yield* makeImpatient(nats.url)
        const bus = yield* busAt(nats.url, "tracker")
        const first = yield* startProcess(["--port", "0", "--nats-url", nats.url], {
          DATABASE_URL: Redacted.value(databaseUrl)
        })
        yield* first.url
        const publisher = yield* Effect.forkChild(publishAll(bus, events(0, 3000)))
        yield* untilCounted(sql, "event_timeline", 50)
        yield* first.kill("SIGKILL")
        yield* first.ended
        yield* Effect.scoped(Effect.gen(function*() {
          yield* serverOver(databaseUrl, { "nats-url": nats.url })
          yield* untilCounted(sql, "event_timeline", 1000)
        }))
        const { url } = yield* serverOver(databaseUrl, { "nats-url": nats.url })
        yield* Fiber.join(publisher)
        yield* untilDone(url)
        yield* assertOnce(sql, 3000)
      }),
    60_000
  )
})
