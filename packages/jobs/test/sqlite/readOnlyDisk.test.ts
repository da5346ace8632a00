import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { createJobRegistry, type JobsError, JobsHost } from "../../src/index.ts"
import { Books } from "../crash/Books.ts"
import { counting } from "../support/definitions.ts"
import { journaledDisk, mayHaveExt4 } from "../support/journaledDisk.ts"
import { openRuntime } from "../support/openRuntime.ts"

const refusalOf = <A>(call: Effect.Effect<A, JobsError>, filename: string, instanceId: string) =>
  Effect.map(Effect.flip(call), (error) => {
    assert.deepInclude(error, { _tag: "HostUnavailable", instanceId })
    assert.include(error.message, `The SQLite file ${filename} failed at the commit of ${instanceId}`)
  })

describe.runIf(mayHaveExt4)("a disk that turns read-only while jobs run", () => {
  it.effect.each([{ thread: false }, { thread: true }])(
    "stores nothing of a call and says so, answers what is stored, and lets go; mended, all is there (thread: $thread)",
    ({ thread }) =>
      Effect.gen(function*() {
        const disk = yield* journaledDisk
        const filename = join(disk.folder, "jobs.db")
        const host = JobsHost.sqlite({ filename, thread })
        const registry = createJobRegistry({ job: counting({ startImmediately: false }) })
        const before = yield* openRuntime(registry, host)
        const job = before.client.continuous("job")
        yield* job.start({ id: "there", input: { n: 0 } })
        yield* job.trigger({ id: "there" })
        const told = yield* before.events

        disk.failOnce()
        yield* refusalOf(job.trigger({ id: "there" }), filename, "continuous:job:there")
        yield* refusalOf(job.start({ id: "new", input: { n: 0 } }), filename, "continuous:job:new")
        assert.deepStrictEqual(yield* job.getState({ id: "there" }), { state: { n: 1 } })
        assert.deepInclude(yield* job.status({ id: "new" }), { status: "notFound" })
        assert.lengthOf(yield* before.events, told.length)
        yield* before.close
        const unopened = yield* Effect.flip(Effect.scoped(Layer.build(host)))
        assert.strictEqual(unopened._tag, "HostUnavailable")
        assert.include(unopened.message, `${filename} cannot be opened for writing`)

        disk.repair()
        const after = yield* openRuntime(registry, host)
        const again = after.client.continuous("job")
        assert.deepInclude(yield* again.status({ id: "there" }), { status: "running", runCount: 1 })
        assert.deepInclude(yield* again.status({ id: "new" }), { status: "notFound" })
        assert.deepInclude(yield* again.trigger({ id: "there" }), { triggered: true })
        assert.deepStrictEqual(yield* again.getState({ id: "there" }), { state: { n: 2 } })
        new Books().assertComplete([...told, ...yield* after.events])
        yield* after.close
      })
  )
})
