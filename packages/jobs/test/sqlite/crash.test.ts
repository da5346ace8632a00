import type { JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { join } from "node:path"
import { createJobRegistry, JobsHost } from "../../src/index.ts"
import { type CountContext, counting } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"
import { spawnWorker, type Told } from "./spawnWorker.ts"

const id = "a"
const announcedBy = (told: ReadonlyArray<Told>) => told.flatMap(({ announced }) => announced ?? [])

/** Both lives together tell one story: each place in the order once, by one event, and no place left out. */
const assertOneStory = (events: ReadonlyArray<JobEvent>) => {
  const bySequence = new Map(events.map(({ eventId, sequence }) => [sequence, eventId]))
  for (const { eventId, sequence } of events) assert.strictEqual(bySequence.get(sequence), eventId)
  const told = [...bySequence.keys()].toSorted((a, b) => a - b)
  assert.deepStrictEqual(told, told.map((_, index) => index + 1))
}

describe("a process that is killed", () => {
  it.live("before user code ends: the attempt runs again as the same one, recovered", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const worker = yield* spawnWorker(filename, "hang")
      yield* worker.until(({ begun }) => begun !== undefined)
      yield* worker.kill
      const begun = worker.told.find((told) => told.begun !== undefined)

      const ran = yield* Deferred.make<CountContext>()
      const job = counting({
        execute: (ctx) => Effect.andThen(ctx.setState({ n: 7 }), Deferred.succeed(ran, ctx))
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), JobsHost.sqlite({ filename }))
      const { attempt, executionId } = yield* Deferred.await(ran)
      assert.deepStrictEqual({ begun: executionId, attempt }, { begun: begun?.begun ?? "", attempt: 1 })
      // Waits for the run to be over, as any call that needs the instance does.
      yield* runtime.client.continuous("job").trigger({ id })

      const after = yield* runtime.events
      const all = [...announcedBy(worker.told), ...after]
      assertOneStory(all)
      // What was announced but not yet acknowledged comes again, so the first start may be the one of before.
      const recovered = after.find((event) => event.type === "execution.started" && event.recovered === true)
      assert.deepInclude(recovered, { trigger: "start", attempt: 1, executionId })
      assert.include(after.map(({ type }) => type), "execution.succeeded")
    }))

  it.live("before user code ends: the repeat of its call is answered by the run that makes up for it", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const worker = yield* spawnWorker(filename, "hang")
      yield* worker.until(({ begun }) => begun !== undefined)
      yield* worker.kill

      const ran: Array<string> = worker.told.flatMap(({ begun }) => begun ?? [])
      const job = counting({
        execute: (ctx) =>
          Effect.andThen(Effect.sync(() => ran.push(ctx.executionId)), ctx.updateState(({ n }) => ({ n: n + 1 })))
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), JobsHost.sqlite({ filename }))
      const client = runtime.client.continuous("job")
      const start = client.start({ id, input: { n: 0 }, dedupeKey: "first" })
      const answers = [yield* start, yield* start]
      assert.deepStrictEqual(new Set(answers.map(({ created }) => created)), new Set([true]))
      assert.deepStrictEqual(ran, [ran[0], ran[0]])
      assert.deepStrictEqual(yield* client.getState({ id }), { state: { n: 1 } })
    }))

  it.live("after commits: no acknowledged call is lost, no event was announced that is not stored", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const worker = yield* spawnWorker(filename, "count")
      yield* worker.until(({ counted = 0 }) => counted >= 25)
      yield* worker.kill
      const acknowledged = Math.max(...worker.told.flatMap(({ counted }) => counted ?? []))

      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), JobsHost.sqlite({ filename }))
      const job = runtime.client.continuous("job")
      const n = (yield* job.getState({ id })).state?.n ?? 0
      assert.isAtLeast(n, acknowledged)
      assert.isAtMost(n, acknowledged + 1)
      yield* job.trigger({ id })
      assertOneStory([...announcedBy(worker.told), ...yield* runtime.events])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: n + 1 } })
    }))
})

describe("a process that is asked to end", () => {
  it.live("does so although user code does not, whose attempt runs again as the same one", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const worker = yield* spawnWorker(filename, "stick")
      yield* worker.until(({ begun }) => begun !== undefined)
      assert.strictEqual(yield* worker.terminate, 0)
      assert.isTrue(worker.told.some(({ disposed }) => disposed))
      const begun = worker.told.find((told) => told.begun !== undefined)

      const ran = yield* Deferred.make<CountContext>()
      const job = counting({ execute: (ctx) => Deferred.succeed(ran, ctx) })
      const runtime = yield* openRuntime(createJobRegistry({ job }), JobsHost.sqlite({ filename }))
      const { attempt, executionId } = yield* Deferred.await(ran)
      assert.deepStrictEqual({ begun: executionId, attempt }, { begun: begun?.begun ?? "", attempt: 1 })
      yield* runtime.client.continuous("job").trigger({ id })
      assertOneStory([...announcedBy(worker.told), ...yield* runtime.events])
    }))
})

describe("a SQLite file", () => {
  it.live("has one owner; the next one may have it as soon as that is gone", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const worker = yield* spawnWorker(filename, "hang")
      yield* worker.until(({ begun }) => begun !== undefined)
      const refused = yield* Effect.flip(Layer.build(JobsHost.sqlite({ filename })))
      assert.deepInclude(refused, { _tag: "HostUnavailable", host: "sqlite" })
      assert.strictEqual(
        refused.message,
        `Another process owns the SQLite file ${filename}. Stop it, or give this one a file of its own.`
      )
      yield* worker.kill
      yield* Layer.build(JobsHost.sqlite({ filename }))
      const again = yield* Effect.flip(Layer.build(JobsHost.sqlite({ filename })))
      assert.strictEqual(again.message, refused.message)
    }))
})
