import { EventBus, publishEvent } from "@durable-effect/bus"
import { NatsEventBus } from "@durable-effect/bus/nats"
import { freshDatabase } from "@durable-effect/test-support"
import { natsUrl } from "@durable-effect/test-support/nats"
import { Context, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { BusView } from "../../src/api/SystemApi.ts"
import { ownerOf } from "../admin/AdminServer.ts"
import { clientOf } from "../http/ingestServer.ts"
import { request, serverOver } from "../http/server.ts"

/** A client of the bus, until the scope closes. */
export const busAt = (url: string, prefix: string) =>
  Effect.map(
    Layer.build(NatsEventBus.layer({ url: Redacted.make(url), prefix })),
    (context) => Context.get(context, EventBus)
  )

/** What an agent publishes. */
export interface Published {
  readonly id: string
  readonly type: string
  readonly topic: string
}

const soon = Schedule.spaced("10 millis")

/** Publishes events, each until the bus keeps it. */
export const publishAll = (bus: EventBus["Service"], events: ReadonlyArray<Published>) =>
  Effect.forEach(
    events,
    (event) => publishEvent(event).pipe(Effect.provideService(EventBus, bus), Effect.retry(soon)),
    { concurrency: 100, discard: true }
  )

const Count = Schema.Struct({ count: Schema.Natural })
const readCount = Schema.decodeUnknownSync(Count)

/** Waits until so many events are stored, or refused. */
export const untilCounted = (
  sql: SqlClient.SqlClient,
  table: "event_timeline" | "rejected_events",
  wanted: number
) =>
  Effect.repeat(
    Effect.map(
      sql`SELECT count(*)::float8 AS count FROM ${sql(table)}`,
      (rows) => readCount(rows[0]).count
    ),
    { until: (count) => count >= wanted, schedule: soon }
  )

const Ready = Schema.fromJsonString(Schema.Struct({ status: Schema.Literal("ready"), bus: Schema.NullOr(BusView) }))
const readReady = Schema.decodeUnknownSync(Ready)

/** What a server says of its bus. */
export const busStatus = (url: string) => Effect.map(request(`${url}/ready`), ({ text }) => readReady(text).bus)

/** Waits until nothing of the bus waits. */
export const untilDone = (url: string) =>
  Effect.repeat(busStatus(url), {
    until: (bus) => bus?.connected === true && Object.values(bus.topics).every(({ lag }) => lag === 0),
    schedule: soon
  })

/** A server that listens to a bus, a client of that bus, and one of the server, whose tenant is the bus's. */
export const busServer = (env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const nats = yield* natsUrl
    const prefix = `test-${randomUUID()}`
    const databaseUrl = yield* freshDatabase()
    const server = yield* serverOver(
      databaseUrl,
      { "nats-url": nats, "nats-prefix": prefix, "nats-tenant": "acme" },
      env
    )
    const { secret } = yield* server.makeKey("acme", "ingest", "query", "admin")
    const bus = yield* busAt(nats, prefix)
    const publish = (...events: ReadonlyArray<Published>) => publishAll(bus, events)
    return {
      ...server,
      ...clientOf(server.url, secret),
      sql: yield* ownerOf(databaseUrl),
      secret,
      bus,
      publish,
      nats,
      prefix
    }
  })
