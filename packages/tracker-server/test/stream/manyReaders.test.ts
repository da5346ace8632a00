import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { serverOver, testServer } from "../http/server.ts"
import { seeded, testSeed } from "../support/seeded.ts"
import { startWriters } from "../support/Writers.ts"
import { openStream } from "./StreamClient.ts"

/** What somebody sees who comes again and again, with its last id, at one of the servers by chance. */
const restlessReader = (
  urls: ReadonlyArray<string>,
  secret: string,
  seed: number,
  isDone: (seen: ReadonlyArray<string>) => boolean
) =>
  Effect.gen(function*() {
    const random = seeded(seed)
    const seen: Array<string> = []
    let lastEventId: string | undefined = "0-0"
    while (!isDone(seen)) {
      lastEventId = yield* Effect.scoped(Effect.gen(function*() {
        const url = urls[Math.floor(random() * urls.length)] ?? ""
        const stream = yield* openStream(url, secret, { lastEventId })
        const patience = 1 + Math.floor(random() * 60)
        yield* Effect.race(
          stream.until(() => stream.messages.length >= patience || isDone([...seen, ...stream.eventIds()])),
          Effect.sleep("500 millis")
        )
        seen.push(...stream.eventIds())
        return stream.lastId()
      }))
    }
    return seen
  })

describe("readers of two servers over one database", () => {
  it.live("each see all that was acknowledged once, however often they come again", () =>
    Effect.gen(function*() {
      const seed = testSeed()
      const databaseUrl = yield* freshDatabase()
      const first = yield* serverOver(databaseUrl)
      const { url: second } = yield* serverOver(databaseUrl)
      const { secret } = yield* first.makeKey("acme", "ingest", "query")
      const urls = [first.url, second]
      const writers = yield* Effect.forEach(urls, (url, i) =>
        startWriters({ url, secret, seed: seed + i * 100, count: 2 }))
      const state = { hasStopped: false }
      const acknowledged = () =>
        new Set(writers.flatMap(({ acknowledged }) => [...acknowledged.keys()]))
      const isDone = (seen: ReadonlyArray<string>) => {
        if (!state.hasStopped) return false
        const all = acknowledged()
        for (const id of seen) all.delete(id)
        return all.size === 0
      }
      const readers = yield* Effect.forEach(
        [1, 2, 3],
        (reader) => Effect.forkChild(restlessReader(urls, secret, seed + reader, isDone))
      )
      yield* Effect.forEach(writers, ({ untilTaken }) => untilTaken(25), { concurrency: "unbounded" })
      yield* Effect.forEach(writers, ({ stop }) => stop, { concurrency: "unbounded" })
      state.hasStopped = true
      for (const seen of yield* Effect.forEach(readers, Fiber.join)) {
        assert.strictEqual(new Set(seen).size, seen.length, "an event came twice")
        assert.deepStrictEqual(new Set(seen), acknowledged())
      }
    }))
})

describe("hundreds of readers", () => {
  it.live("each get what they watch, and no more", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "ingest", "query")
      const plans = Array.from({ length: 150 }, (_, i) => `plan-${i}`)
      const watchers = yield* Effect.forEach(
        plans,
        (plan) => openStream(url, secret, { query: `?plan_id=${plan}` }),
        { concurrency: 50 }
      )
      const readers = yield* Effect.forEach(plans.slice(0, 50), () => openStream(url, secret), { concurrency: 50 })
      const events = plans.flatMap((plan) =>
        [1, 2].map((n) => planStarted(`${plan}-${n}`, { data: { plan_id: plan } }))
      )
      const half = events.length / 2
      yield* Effect.forEach(
        [events.slice(0, half), events.slice(half)],
        (some) => Effect.map(clientOf(url, secret).send(batch(...some)), verdicts),
        { concurrency: "unbounded" }
      )
      yield* Effect.forEach(watchers, (watcher) => watcher.untilMessages(2), { concurrency: "unbounded" })
      yield* Effect.forEach(readers, (reader) => reader.untilMessages(events.length), { concurrency: "unbounded" })
      plans.forEach((plan, i) => {
        assert.deepStrictEqual(watchers[i]?.eventIds(), [`${plan}-1`, `${plan}-2`])
      })
      const [order] = readers.map((reader) => reader.eventIds())
      assert.sameMembers([...order ?? []], events.map(({ id }) => id))
      for (const reader of readers) assert.deepStrictEqual(reader.eventIds(), order)
    }))
})
