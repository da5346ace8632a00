import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { steps } from "../../src/host/sqlite/schema.ts"
import { createJobRegistry, JobsHost } from "../../src/index.ts"
import { counting } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"

const id = "a"
const input = { n: 0 }

/** Back to the format before each, what is stored included. */
const undo: ReadonlyArray<string> = [
  "DROP TABLE entries",
  `
  UPDATE instances SET due_at = held_at WHERE held_at IS NOT NULL;
  DROP INDEX instances_held;
  ALTER TABLE instances DROP COLUMN held_at`,
  ""
]

const takeBackTo = (format: number, filename: string) => {
  const db = new DatabaseSync(filename)
  for (const step of undo.slice(format - 1).toReversed()) db.exec(step)
  db.exec(`PRAGMA user_version = ${format}`)
  db.close()
}

describe("a SQLite file of an earlier format", () => {
  const formats = steps.slice(0, -1).map((_, index) => ({ format: index + 1 }))

  it.live.each(formats)(
    "$format is brought up to date when it is opened, and keeps its instances",
    ({ format }) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const registry = createJobRegistry({ job: counting() })
        const today = yield* openRuntime(registry, JobsHost.sqlite({ filename }))
        yield* today.client.continuous("job").start({ id, input })
        yield* today.close
        takeBackTo(format, filename)

        const runtime = yield* openRuntime(registry, JobsHost.sqlite({ filename }))
        const job = runtime.client.continuous("job")
        yield* job.trigger({ id, dedupeKey: "k" })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
      })
  )

  it.live.each(formats)("$format has its cut-off attempts run again", ({ format }) =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const begun = yield* Deferred.make<void>()
      const hanging = counting({
        execute: (ctx) => Effect.all([ctx.progress(0), Deferred.succeed(begun, undefined), Effect.never])
      })
      const today = yield* openRuntime(createJobRegistry({ job: hanging }), JobsHost.sqlite({ filename }), {
        gracePeriod: 0
      })
      const start = yield* Effect.forkChild(Effect.exit(today.client.continuous("job").start({ id, input })))
      yield* Deferred.await(begun)
      yield* today.close
      yield* Fiber.join(start)
      takeBackTo(format, filename)

      const again = yield* Deferred.make<string>()
      const job = counting({ execute: (ctx) => Deferred.succeed(again, ctx.executionId) })
      yield* openRuntime(createJobRegistry({ job }), JobsHost.sqlite({ filename }))
      assert.match(yield* Deferred.await(again), /:r1$/)
    }))
})
