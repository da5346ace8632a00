import { EventBus, MemoryEventBus, publishEvent } from "@durable-effect/bus"
import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Admission from "../../src/ingest/Admission.ts"
import { StoreDeadline } from "../../src/storage/postgres/deadline.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import { holdTenant } from "../../src/storage/postgres/tenantLock.ts"
import { runSubscriber } from "../../src/subscribers/subscriber.ts"
import { openTransaction, untilWaiting } from "../support/locks.ts"
import { untilCounted } from "./BusServer.ts"

const services = Layer.mergeAll(PgEventStore.layer, Admission.layer, MemoryEventBus.layer).pipe(
  Layer.provideMerge(layerFreshPostgres),
  Layer.provideMerge(Layer.succeed(StoreDeadline, Duration.millis(300)))
)

const event = (tenant_id: string) => ({
  id: `of-${tenant_id}`,
  source: "worker",
  type: "task.progress",
  time: "2026-01-11T10:00:00Z",
  topic: "system-events",
  tenant_id,
  data: { task_id: "task", state: "running" }
})

describe("messages of several tenants", () => {
  it.live("are stored once, though one of the tenants has to wait", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const bus = yield* EventBus
      const subscription = yield* bus.subscribe("system-events", "server")
      yield* publishEvent(event("held"))
      yield* publishEvent(event("free"))
      const release = yield* openTransaction(sql.unsafe(`SELECT ${holdTenant("$1")}`, ["held"]))
      yield* Effect.forkScoped(runSubscriber(subscription, { tenant: "acme", field: "tenant_id" }))
      yield* untilCounted(sql, "event_timeline", 1)
      // It is tried again; the attempt that was given up waits on.
      yield* untilWaiting("advisory", 2)
      yield* release
      yield* untilCounted(sql, "event_timeline", 2)
      assert.deepStrictEqual(
        yield* sql`SELECT verdict, events::int4 AS events FROM ingest_counts WHERE tenant_id = 'free'`,
        [{ verdict: "accepted", events: 1 }]
      )
    }).pipe(Effect.scoped, Effect.provide(services)))
})
