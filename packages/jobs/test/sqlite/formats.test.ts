import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { steps } from "../../src/host/sqlite/schema.ts"
import { createJobRegistry, JobsHost } from "../../src/index.ts"
import { counting } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"

const id = "a"

describe("a SQLite file of an earlier format", () => {
  const formats = steps.slice(0, -1).map((_, index) => ({ format: index + 1 }))

  it.live.each(formats)(
    "$format is brought up to date when it is opened, and keeps its instances",
    ({ format }) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const registry = createJobRegistry({ job: counting() })
        const today = yield* openRuntime(registry, JobsHost.sqlite({ filename }))
        yield* today.client.continuous("job").start({ id, input: { n: 0 } })
        yield* today.close
        // Undone again is what later formats have added.
        const db = new DatabaseSync(filename)
        db.exec(`DROP TABLE entries; PRAGMA user_version = ${format}`)
        db.close()

        const runtime = yield* openRuntime(registry, JobsHost.sqlite({ filename }))
        const job = runtime.client.continuous("job")
        yield* job.trigger({ id, dedupeKey: "k" })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
      })
  )
})
