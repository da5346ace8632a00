import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { kindsOfRows } from "../../src/engine/rowKinds.ts"
import { type Commit, HostUnavailable, JobsHost, type JobsHostService } from "../../src/index.ts"
import { allAlarms } from "../support/allAlarms.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }

/** A host whose commits fail while `refuses` says so. */
const troubled = (host: JobsHostService) => {
  const disk = { refuses: (_commit: Commit): boolean => false }
  const layer = Layer.succeed(JobsHost, {
    ...host,
    commit: (commit) =>
      Effect.suspend(() =>
        disk.refuses(commit)
          ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
          : host.commit(commit)
      )
  })
  return { disk, layer }
}

describe.each(storages)("what a pool keeps on $name", ({ open }) => {
  const openHost = Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
  const openTroubled = Effect.map(openHost, troubled)

  it.effect("a restart goes on with what waits, in order, and with a retry on time", () =>
    Effect.gen(function*() {
      const host = yield* open
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching((_event, { isRetry, itemId }) => {
        if (itemId === "retries" && !isRetry) return Effect.fail("no")
        return itemId === "first" ? Deferred.await(gate) : Effect.void
      })
      const given = { execute, retry: { maxAttempts: 2, delay: "1 hour" } } as const
      const before = yield* openPool(host, given)
      for (const itemId of ["retries", "first", "second"]) yield* before.pool.enqueue({ event, itemId })
      yield* before.pool.enqueue({ event, itemId: "sooner", priority: -1 })
      yield* settled
      yield* Deferred.succeed(gate, undefined)
      yield* before.close
      assert.deepStrictEqual(seen, ["retries", "first"])

      const after = yield* openPool(host, given)
      yield* settled
      assert.deepStrictEqual(seen, ["retries", "first", "sooner", "second"])
      yield* pass("1 hour")
      assert.deepStrictEqual(seen.slice(4), ["retries 2"])
      const all = [...yield* before.events, ...yield* after.events]
      assert.deepStrictEqual(all.map(({ sequence }) => sequence), all.map((_, index) => index + 1))
    }))

  it.effect("a shutdown gives items their time", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { execute, seen } = watching(() => Effect.sleep("3 seconds"))
      const before = yield* openPool(host, { execute })
      yield* before.pool.enqueue({ event, itemId: "a" })
      yield* before.pool.enqueue({ event, itemId: "b" })
      yield* pass("1 second")
      const close = yield* Effect.forkChild(before.close, { startImmediately: true })
      const refused = yield* Effect.flip(before.pool.enqueue({ event }))
      assert.strictEqual(refused._tag, "HostUnavailable")
      assert.isUndefined(close.pollUnsafe())
      yield* pass("2 seconds")
      yield* Fiber.join(close)
      assert.deepStrictEqual(seen, ["a"])
      assert.strictEqual((yield* before.handle.getEvents()).at(-1)?.type, "execution.succeeded")
      const after = yield* openPool(host)
      yield* settled
      assert.deepStrictEqual(yield* after.pool.drain(), { processed: 2 })
    }))

  it.effect("what a shutdown interrupts runs again as the same attempt", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { execute: () => Effect.never, concurrency: 2 }, { gracePeriod: 1000 })
      yield* before.pool.enqueue({ event, itemId: "a", partitionKey: "p" })
      yield* before.pool.enqueue({ event, itemId: "b", partitionKey: "p" })
      yield* pass("20 millis")
      const told = yield* before.events
      const close = yield* Effect.forkChild(before.close, { startImmediately: true })
      yield* pass("1 second")
      yield* Fiber.join(close)

      const { execute, seen } = watching()
      const after = yield* openPool(host, { execute })
      assert.deepInclude(yield* after.pool.status(), { running: 1, pending: 1 })
      yield* settled
      assert.deepStrictEqual(seen, ["a", "b"])
      const [started] = yield* after.events
      const first = told.at(-1)
      assert.deepInclude(started, {
        type: "execution.started",
        recovered: true,
        attempt: 1,
        runCount: 1,
        executionId: first?.executionId ?? "",
        parentEventId: first?.eventId ?? "",
        sequence: (first?.sequence ?? 0) + 1
      })
      assert.deepStrictEqual((yield* after.path).slice(1), [
        "execution.succeeded",
        "execution.started(item 1)",
        "execution.succeeded"
      ])
    }))

  it.effect("what was only taken in memory is simply still waiting", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { execute: () => Effect.never }, { gracePeriod: 0 })
      yield* before.pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* before.close
      const after = yield* openPool(host)
      yield* settled
      const [started] = yield* after.events
      assert.deepInclude(started, { type: "execution.started", attempt: 1, runCount: 1, sequence: 4 })
      assert.notProperty(started, "recovered")
    }))

  it.effect("more that was cut off than may run at a time comes one after the other", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { execute: () => Effect.never, concurrency: 5 }, { gracePeriod: 0 })
      for (let n = 0; n < 7; n++) yield* before.pool.enqueue({ event, itemId: `${n}` })
      yield* pass("20 millis")
      yield* before.close
      const { at, execute, seen } = watching(() => Effect.sleep("1 second"))
      const after = yield* openPool(host, { execute, concurrency: 2 })
      yield* pass("10 seconds", 100)
      assert.strictEqual(at.most, 2)
      assert.deepStrictEqual(seen, ["0", "1", "2", "3", "4", "5", "6"])
      assert.deepStrictEqual(yield* after.pool.drain(), { processed: 7 })
    }))

  it.effect("paused and draining outlive a restart", () =>
    Effect.gen(function*() {
      const host = yield* open
      const { execute, seen } = watching()
      const first = yield* openPool(host, { execute })
      yield* first.pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* first.pool.pause()
      yield* first.pool.enqueue({ event, itemId: "b" })
      const drain = yield* Effect.forkChild(Effect.exit(first.pool.drain()))
      yield* settled
      yield* first.close
      assert.strictEqual((yield* Fiber.join(drain))._tag, "Failure")

      const second = yield* openPool(host, { execute })
      yield* pass("1 hour")
      assert.deepInclude(yield* second.pool.status(), { paused: true, pending: 1 })
      assert.deepInclude(yield* Effect.flip(second.pool.enqueue({ event })), { _tag: "InvalidInput", field: "name" })
      assert.deepStrictEqual(seen, ["a"])
      yield* second.pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["a", "b"])
      assert.deepStrictEqual((yield* second.path).slice(-2), ["pool.drained(2)", "job.completed(drained)"])
    }))

  it.effect("an enqueue that cannot be stored says so and leaves nothing", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openTroubled
      const { events, pool } = yield* openPool(layer)
      disk.refuses = () => true
      const error = yield* Effect.flip(pool.enqueue({ event, itemId: "a" }))
      assert.strictEqual(error.message, "The disk is full.")
      disk.refuses = () => false
      assert.deepStrictEqual(yield* events, [])
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "a" }), { created: true })
      yield* pass("1 second")
      assert.deepInclude(yield* pool.status(), { pending: 0 })
    }))

  it.effect("an outcome that cannot be stored costs no attempt: the item runs again once the host is back", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openTroubled
      const { execute, seen } = watching(({ n }) => Effect.sleep(n))
      const { path, pool } = yield* openPool(layer, { execute, concurrency: 2 })
      yield* pool.enqueue({ event: { n: 10 }, itemId: "short" })
      yield* pool.enqueue({ event: { n: 50 }, itemId: "long" })
      yield* pass("25 millis")
      disk.refuses = () => true
      yield* pool.enqueue({ event: { n: 10 }, itemId: "lost" }).pipe(Effect.flip)
      yield* pass("3 seconds", 30)
      disk.refuses = () => false
      yield* pass("2 seconds", 100)
      assert.deepStrictEqual(seen.filter((item) => item === "short"), ["short"])
      assert.isAbove(seen.filter((item) => item === "long").length, 1)
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
      const told = yield* path
      assert.lengthOf(told.filter((type) => type === "execution.succeeded"), 2)
      assert.notInclude(told, "execution.failed(false)")
    }))

  it.effect("a begin that cannot be stored stops the item; it waits on", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openTroubled
      const { execute, seen } = watching(() => Effect.sleep("1 second"))
      const { path, pool } = yield* openPool(layer, { execute })
      yield* pool.enqueue({ event, itemId: "a" })
      disk.refuses = () => true
      yield* pass("500 millis", 10)
      assert.deepInclude(yield* pool.status(), { pending: 1, running: 0 })
      disk.refuses = () => false
      yield* pass("3 seconds", 60)
      assert.deepStrictEqual(seen, ["a", "a"])
      assert.deepStrictEqual((yield* path).slice(3), ["execution.started(item 1)", "execution.succeeded"])
    }))

  it.effect("a termination that is cut short goes on, and nothing runs meanwhile", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openTroubled
      const { execute, seen } = watching()
      const { path, pool } = yield* openPool(layer, { execute })
      yield* pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* pool.pause()
      for (let n = 0; n < 5; n++) yield* pool.enqueue({ event })
      // The first commit says that it is about to be terminated; what it removes comes later.
      disk.refuses = ({ entries }) => entries.size > 0
      const terminate = yield* Effect.forkChild(pool.terminate({ reason: "stop" }))
      yield* pass("3 seconds", 30)
      assert.isUndefined(terminate.pollUnsafe())
      disk.refuses = () => false
      yield* pass("3 seconds", 30)
      assert.deepStrictEqual(yield* Fiber.join(terminate), { terminated: true, reason: "stop" })
      assert.deepStrictEqual(seen, ["first"])
      assert.strictEqual((yield* path).at(-1), "job.terminated(client)")
      assert.deepInclude(yield* pool.status(), { pending: 0, paused: false })
    }))

  it.effect("a restart finishes a termination that a crash cut short", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const { disk, layer } = troubled(inner)
      const { execute, seen } = watching()
      const before = yield* openPool(layer, { execute })
      yield* before.pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* before.pool.pause()
      for (let n = 0; n < 5; n++) yield* before.pool.enqueue({ event })
      disk.refuses = ({ entries }) => entries.size > 0
      yield* Effect.forkChild(Effect.exit(before.pool.terminate({ reason: "stop" })))
      yield* settled
      yield* before.close
      const after = yield* openPool(Layer.succeed(JobsHost, inner), { execute })
      yield* settled
      assert.deepInclude((yield* after.events).at(-1), { type: "job.terminated", by: "client", reason: "stop" })
      assert.deepStrictEqual(yield* after.pool.status(), { pending: 0, running: 0, deadLetters: 0, paused: false })
      assert.deepStrictEqual(seen, ["first"])
      assert.deepStrictEqual(yield* inner.loadEntries("workerPool:pool:0", { prefix: "ready:", limit: 9 }), [])
    }))

  it.effect("an event that its schema accepts no more is a dead letter, without user code", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const host = Layer.succeed(JobsHost, inner)
      let failing = false
      const { execute, seen } = watching(() => failing ? Effect.fail("no") : Effect.void)
      const before = yield* openPool(host, { execute })
      yield* before.pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event, itemId: "a" })
      yield* before.close
      const [row] = yield* inner.loadEntries("workerPool:pool:0", { prefix: "ready:", limit: 9 })
      const stored = yield* inner.load("workerPool:pool:0")
      yield* inner.commit({
        instanceId: "workerPool:pool:0",
        expectedVersion: stored?.version ?? 0,
        record: stored?.record ?? "",
        alarm: null,
        events: [],
        entries: new Map([[row?.key ?? "", {
          value: (row?.value ?? "").replace("\"n\":1", "\"n\":\"x\""),
          expiresAt: null
        }]])
      })
      const after = yield* openPool(host, { execute })
      yield* after.pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["first"])
      assert.deepInclude(yield* after.pool.status(), { deadLetters: 1, pending: 0 })
      failing = true
      yield* after.pool.enqueue({ event: { n: 9 }, itemId: "b" })
      yield* settled
      // The others of its page are there all the same, and it can be put away.
      const readable = yield* Effect.map(
        after.pool.deadLetters(),
        ({ items }) => items.filter((item) => item.undecodable === undefined).map((item) => item.event.n)
      )
      assert.deepStrictEqual(readable, [9])
      const { items } = yield* after.pool.deadLetters()
      const [letter] = items
      assert.deepInclude(letter, { itemId: "a", event: { n: "x" } })
      assert.include(letter?.undecodable, "event.n: ")
      assert.isFalse("undecodable" in (items[1] ?? {}))
      assert.deepStrictEqual(yield* after.pool.discardItem({ itemId: "a" }), { discarded: true })
    }))

  it.effect("a row that cannot be read stops its shard until it is resumed or terminated", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const host = Layer.succeed(JobsHost, inner)
      const { execute, seen } = watching()
      const before = yield* openPool(host, { execute })
      yield* before.pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event, itemId: "a" })
      yield* before.close
      const stored = yield* inner.load("workerPool:pool:0")
      const broken = { value: "{}", expiresAt: null }
      yield* inner.commit({
        instanceId: "workerPool:pool:0",
        expectedVersion: stored?.version ?? 0,
        record: stored?.record ?? "",
        alarm: null,
        events: [],
        entries: new Map([["item:b", broken]])
      })
      const after = yield* openPool(host, { execute })
      const error = yield* Effect.flip(after.pool.enqueue({ event, itemId: "b" }))
      assert.strictEqual(error._tag, "StateUndecodable")
      assert.include(error.message, "workerPool:pool:0")
      assert.include(error.message, "item:b")
      yield* pass("1 minute")
      assert.deepInclude(yield* after.pool.status(), { paused: true, pending: 1 })
      assert.deepStrictEqual(yield* after.pool.resume(), { resumed: true })
      yield* settled
      assert.deepStrictEqual(seen, ["first", "a"])
      assert.deepStrictEqual(yield* after.pool.terminate(), { terminated: true })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "b" }), { created: true })
    }))

  it.effect("a record that cannot be read at all is left alone, until it is terminated with all of its rows", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const host = Layer.succeed(JobsHost, inner)
      const before = yield* openPool(host)
      yield* before.pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event, itemId: "a", partitionKey: "p" })
      yield* before.close
      const stored = yield* inner.load("workerPool:pool:0")
      yield* inner.commit({
        instanceId: "workerPool:pool:0",
        expectedVersion: stored?.version ?? 0,
        record: "{}",
        alarm: { dueAt: 0, generation: 1 },
        events: [],
        entries: new Map()
      })
      const { execute, seen } = watching()
      let loads = 0
      const counting = Layer.succeed(JobsHost, {
        ...inner,
        load: (instanceId) =>
          Effect.suspend(() => {
            loads += 1
            return inner.load(instanceId)
          })
      })
      const after = yield* openPool(counting, { execute })
      yield* pass("5 seconds")
      assert.deepStrictEqual(yield* allAlarms(inner), [])
      assert.strictEqual((yield* Effect.flip(after.pool.enqueue({ event })))._tag, "StateUndecodable")
      assert.strictEqual((yield* Effect.flip(after.pool.status()))._tag, "StateUndecodable")
      yield* pass("5 seconds")
      const loadsSoFar = loads
      yield* pass("1 minute", 60)
      assert.strictEqual(loads, loadsSoFar)
      assert.deepStrictEqual(yield* after.pool.terminate(), { terminated: true })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "b", partitionKey: "p" }), {
        created: true,
        position: 1
      })
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["b"])
    }))

  it.effect("a record that cannot be read is terminated to the last row, also when that is cut short", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      const { disk, layer } = troubled(inner)
      const instanceId = "workerPool:pool:0"
      const before = yield* openPool(layer, { execute: () => Effect.fail("no") })
      yield* before.pool.enqueue({ event, itemId: "dead" })
      yield* settled
      yield* before.pool.pause()
      yield* Effect.forEach(Array.from({ length: 700 }), () => before.pool.enqueue({ event }), {
        concurrency: "unbounded"
      })
      yield* before.pool.enqueue({ event, partitionKey: "p", dedupeKey: "k" })
      yield* before.pool.enqueue({ event, partitionKey: "p" })
      yield* before.close
      const stored = yield* inner.load(instanceId)
      yield* inner.commit({
        instanceId,
        expectedVersion: stored?.version ?? 0,
        record: "{}",
        alarm: null,
        events: [],
        entries: new Map()
      })
      const { execute, seen } = watching()
      const after = yield* openPool(layer, { execute })
      let commits = 0
      disk.refuses = () => ++commits > 2
      assert.strictEqual((yield* Effect.flip(after.pool.terminate()))._tag, "HostUnavailable")
      assert.strictEqual((yield* inner.load(instanceId))?.record, "{}")
      disk.refuses = () => false
      assert.deepStrictEqual(yield* after.pool.terminate(), { terminated: true })
      const left = yield* Effect.forEach(
        [...kindsOfRows, "dedupe:"],
        (prefix) => inner.loadEntries(instanceId, { prefix, limit: 9 })
      )
      // Keys of calls outlive what they were for.
      assert.deepStrictEqual(left.flat().map(({ key }) => key), ["dedupe:enqueue:k"])
      assert.isUndefined(yield* inner.load(instanceId))
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "b" }), { created: true, position: 1 })
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["b"])
    }))

  it.effect("a live session's due alarm does not keep the alarm runner busy", () =>
    Effect.gen(function*() {
      const inner = yield* openHost
      let looks = 0
      const host = Layer.succeed(JobsHost, {
        ...inner,
        earliestAlarms: (limit, upTo) => Effect.suspend(() => (looks += 1, inner.earliestAlarms(limit, upTo)))
      })
      const { pool } = yield* openPool(host, { execute: () => Effect.sleep("1 second"), concurrency: 2 })
      for (let n = 0; n < 20; n++) yield* pool.enqueue({ event })
      yield* pass("20 seconds", 200)
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
      assert.isAtMost(looks, 5)
      yield* TestClock.adjust("1 hour")
      assert.isAtMost(looks, 6)
    }))
})
