import { freshDatabase } from "@durable-effect/test-support"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../src/identity/PgApiKeys.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { BuiltServer } from "../e2e/BuiltServer.ts"
import { toldBy } from "../lives/Story.ts"
import { Changes } from "../support/Changes.ts"
import { ingest } from "../support/ingest.ts"
import { testSeed } from "../support/seeded.ts"
import { askServer, numbersInMemory, plansInMemory } from "./answers.ts"
import { type Chapter, makeTraffic, tenants } from "./makeTraffic.ts"
import { type Replicas, startReplicas } from "./Replicas.ts"
import { sendAll, type Told } from "./sendAll.ts"

/** Events, kills of a replica and clients; two hours of a busy service are 200,000 events and 25 kills. */
const size = {
  events: Number(process.env["TRAFFIC_EVENTS"] ?? 1000),
  kills: Number(process.env["TRAFFIC_KILLS"] ?? 2),
  clients: 8
}

const makeKeys = Effect.fnUntraced(function*() {
  const keys = yield* ApiKeys
  const secrets = new Map<string, string>()
  for (const tenantId of tenants) {
    const { secret } = yield* keys.create({ tenantId, scopes: ["ingest", "query"], name: "traffic" }, "cli")
    secrets.set(tenantId, Redacted.value(secret))
  }
  return secrets
})

/** Kills one replica after the other, each time so many more requests have been answered. */
const killNowAndThen = Effect.fnUntraced(function*(replicas: Replicas, told: Told, requests: number) {
  for (let n = 0; n < size.kills; n++) {
    const due = ((n + 1) * requests) / (size.kills + 1)
    yield* told.changes.until(() => told.answered >= due)
    yield* replicas.kill(n % 2)
  }
})

const Count = Schema.Struct({ tenant_id: Schema.String, events: Schema.Int, ids: Schema.Int, claimed: Schema.Int })

/** How many events each tenant has, how many of them differ, and how many ids are taken. */
const stored = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.flatMap(
    sql`SELECT tenant_id, count(*)::int4 AS events, count(DISTINCT event_id)::int4 AS ids,
      (SELECT count(*)::int4 FROM event_ids i WHERE i.tenant_id = e.tenant_id) AS claimed
      FROM event_timeline e GROUP BY tenant_id ORDER BY tenant_id`,
    Schema.decodeUnknownEffect(Schema.Array(Count))
  ))

const eventsOf = (chapters: ReadonlyArray<Chapter>) => chapters.flatMap(({ stories }) => stories.flatMap(toldBy))

/** Asks in memory about a chapter, on a store that has no other: a chapter's plans share nothing with other plans. */
const foldedPlans = ({ ids, stories, tenant }: Chapter) =>
  Effect.andThen(ingest(tenant, stories.flatMap(toldBy)), plansInMemory(tenant, ids)).pipe(
    Effect.provide(MemoryStores.layer)
  )

const foldedNumbers = (tenant: string, events: ReadonlyArray<object>, agents: ReadonlyArray<string>) =>
  Effect.andThen(ingest(tenant, events), numbersInMemory(tenant, agents)).pipe(Effect.provide(MemoryStores.layer))

layer(BuiltServer.layer, { timeout: "2 minutes", excludeTestServices: true })("two replicas on one database", (it) => {
  it.effect(
    "answer as a pure fold of what they were sent, though they are killed now and then",
    () =>
      Effect.gen(function*() {
        const seed = testSeed()
        // Within the metrics' window, and far from its edge.
        const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 60 * 60 * 1000
        const { agents, chapters, deliveries, eventCount } = makeTraffic(seed, startMs, size.events)
        const url = yield* freshDatabase()
        const owner = Layer.provideMerge(PgApiKeys.layer, PgConnection.layer({ url }))
        const secrets = yield* makeKeys().pipe(Effect.provide(owner))
        const replicas = yield* startReplicas(url, 2)
        const told: Told = { accepted: 0, duplicates: 0, answered: 0, resent: 0, changes: new Changes() }
        const killer = yield* Effect.forkChild(killNowAndThen(replicas, told, deliveries.length))
        const [sending] = yield* Effect.timed(sendAll(deliveries, replicas, secrets, told, size.clients))
        yield* Fiber.join(killer)

        // Every event is there, once; what was not told of is what a kill kept from being told.
        const counts = yield* stored.pipe(Effect.provide(owner))
        assert.deepStrictEqual(
          counts,
          tenants.map((tenant) => {
            const events = eventsOf(chapters.filter((chapter) => chapter.tenant === tenant)).length
            return { tenant_id: tenant, events, ids: events, claimed: events }
          })
        )
        assert.isAtMost(told.accepted, eventCount)
        assert.strictEqual(
          told.accepted + told.duplicates,
          deliveries.reduce((sum, { events }) => sum + events.length, 0)
        )

        for (const [i, tenant] of tenants.entries()) {
          const server = yield* askServer(yield* replicas.url(i % 2), secrets.get(tenant) ?? "")
          const own = chapters.filter((chapter) => chapter.tenant === tenant)
          yield* Effect.forEach(own, (chapter) =>
            Effect.gen(function*() {
              assert.deepStrictEqual(yield* server.plans(chapter.ids), yield* foldedPlans(chapter))
            }), { concurrency: 4, discard: true })
          assert.deepStrictEqual(yield* server.numbers(agents), yield* foldedNumbers(tenant, eventsOf(own), agents))
        }
        yield* Effect.log(
          `${eventCount} events in ${deliveries.length} requests within ${Duration.toSeconds(sending)} s, ` +
            `${told.resent} of them sent again; ` +
            `${told.accepted} accepted, ${told.duplicates} duplicates; ${size.kills} kills; ${chapters.length} chapters`
        )
      }),
    3_600_000
  )
})
