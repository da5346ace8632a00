/**
 * A program of its own for the tests to kill. Arguments: the SQLite file, and what to do: `hang` in its first attempt,
 * `stick` there so that it cannot be interrupted, or `count` by triggers for as long as it lives. SIGTERM has it dispose
 * of its runtime. Tells on standard output, a JSON object a line, what has happened.
 */
import { EventTracker, noopTracker } from "@durable-effect/core"
import { Effect, Layer } from "effect"
import { writeSync } from "node:fs"
import { createJobRegistry, createJobsRuntime, JobsHost } from "../../src/index.ts"
import { counting } from "../support/definitions.ts"

const [filename = "", mode = ""] = process.argv.slice(2)

/** Written before anything else happens, so that a kill loses no line. */
const tell = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`)

const tracker = Layer.succeed(EventTracker, {
  ...noopTracker,
  deliver: (events) =>
    Effect.sync(() => {
      for (const event of events) tell({ announced: event })
      return events.map(() => "delivered" as const)
    })
})

const job = counting({
  schedule: { _tag: "Every", intervalMs: 3_600_000, mode: "fixedRate" },
  execute: (ctx) =>
    mode === "count" ? ctx.updateState(({ n }) => ({ n: n + 1 })) : ctx.progress(0).pipe(
      Effect.andThen(Effect.sync(() => tell({ begun: ctx.executionId, attempt: ctx.attempt }))),
      Effect.andThen(mode === "stick" ? Effect.uninterruptible(Effect.never) : Effect.never)
    )
})

const runtime = createJobsRuntime(createJobRegistry({ job }), {
  host: JobsHost.sqlite({ filename }),
  tracker,
  gracePeriod: 100
})
process.once("SIGTERM", () => {
  void runtime.dispose().then(() => tell({ disposed: true }))
})
const client = runtime.client.continuous("job")
const count = async () => {
  await client.start({ id: "a", input: { n: 0 }, dedupeKey: "first" })
  for (;;) {
    await client.trigger({ id: "a" })
    tell({ counted: (await client.getState({ id: "a" })).state?.n })
  }
}
await count().catch((error: unknown) => tell({ refused: String(error) }))
