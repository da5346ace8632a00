import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createJobRegistry, createJobsRuntime, InvalidInput, JobNotFound } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { adding } from "../support/taskDefinitions.ts"

const id = "a"
const good = { type: "task", action: "send", name: "job", id, event: { add: 1 } } as const

describe.each(storages)("a task asked by promises and by data on $name", ({ open }) => {
  const start = Effect.gen(function*() {
    const host = yield* open
    return yield* Effect.acquireRelease(
      Effect.sync(() => createJobsRuntime(createJobRegistry({ job: adding() }), { host })),
      (runtime) => Effect.promise(() => runtime.dispose())
    )
  })

  it.live("answers each call", () =>
    Effect.gen(function*() {
      const { client } = yield* start
      const task = client.task("job")
      yield* Effect.promise(async () => {
        assert.deepInclude(await task.send({ id, event: { add: 4 } }), { created: true, status: "idle" })
        assert.deepInclude(await task.trigger({ id }), { triggered: true })
        assert.deepStrictEqual(await task.getState({ id }), { state: { n: 40 } })
        assert.deepInclude(await task.status({ id }), { status: "idle", eventCount: 1, executeCount: 1 })
        assert.deepStrictEqual(await task.retry({ id }), { retried: false })
        assert.deepStrictEqual(await task.discard({ id }), { discarded: false })
        assert.deepStrictEqual(await task.terminate({ id }), { terminated: true })
        assert.deepInclude(await task.status({ id }), { status: "notFound" })
      })
    }))

  it.live("rejects with the typed error itself", () =>
    Effect.gen(function*() {
      const { client } = yield* start
      const refused = yield* Effect.flip(
        Effect.tryPromise({ try: () => client.task("job").send({ id, event: { add: 0.5 } }), catch: (error) => error })
      )
      assert.instanceOf(refused, InvalidInput)
      assert.strictEqual(refused.field, "event.add")
    }))

  it.live("answers requests, and none is a job of another type", () =>
    Effect.gen(function*() {
      const { handle, handleAlarm } = yield* start
      yield* Effect.promise(async () => {
        assert.deepInclude(await handle(good), { instanceId: "task:job:a", created: true })
        await handleAlarm("task:job:a")
        const { triggered } = await handle({ type: "task", action: "trigger", name: "job", id })
        assert.isTrue(triggered)
      })
      const unknown = yield* Effect.flip(
        Effect.tryPromise({
          try: () => handle({ type: "continuous", action: "trigger", name: "job", id }),
          catch: (error) => error
        })
      )
      assert.instanceOf(unknown, JobNotFound)
    }))

  it.live.each<{ readonly field: string; readonly request: unknown }>([
    { field: "action", request: { ...good, action: undefined } },
    { field: "action", request: { ...good, action: "start" } },
    { field: "name", request: { ...good, name: 1 } },
    { field: "id", request: { ...good, id: undefined } },
    { field: "id", request: { ...good, id: "" } },
    { field: "event", request: { ...good, event: undefined } },
    { field: "event.add", request: { ...good, event: { add: 5n } } },
    { field: "dedupeKey", request: { ...good, dedupeKey: "" } },
    { field: "reason", request: { ...good, action: "terminate", reason: 5n } }
  ])("refuses requests by their field: $field of $request", ({ field, request }) =>
    Effect.gen(function*() {
      const { client, handle } = yield* start
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => Reflect.apply(handle, undefined, [request]), catch: (error) => error })
      )
      assert.instanceOf(error, InvalidInput)
      assert.strictEqual(error.field, field)
      const { status } = yield* Effect.promise(() => client.task("job").status({ id }))
      assert.strictEqual(status, "notFound")
    }))
})
