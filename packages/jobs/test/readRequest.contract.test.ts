import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createJobRegistry, createJobsRuntime, InvalidInput } from "../src/index.ts"
import { counting } from "./support/definitions.ts"
import { storages } from "./support/storages.ts"

const good = { type: "continuous", action: "start", name: "job", id: "a", input: { n: 0 } }
const without = (field: keyof typeof good) => ({ ...good, [field]: undefined })

describe.each(storages)("requests that no compiler has seen, on $name", ({ open }) => {
  it.live.each<{ readonly field: string; readonly request: unknown }>([
    { field: "request", request: null },
    { field: "request", request: undefined },
    { field: "request", request: "start" },
    { field: "type", request: {} },
    { field: "type", request: { ...good, type: 5n } },
    { field: "action", request: without("action") },
    { field: "action", request: { ...good, action: "constructor" } },
    { field: "name", request: without("name") },
    { field: "name", request: { ...good, name: 1 } },
    { field: "id", request: without("id") },
    { field: "id", request: { ...good, id: 2 } },
    { field: "id", request: { ...good, id: "" } },
    { field: "input.n", request: { ...good, input: { n: 5n } } },
    { field: "reason", request: { ...good, action: "terminate", reason: 5n } },
    { field: "parentIncarnationId", request: { ...good, parentIncarnationId: {} } },
    { field: "parentIncarnationId", request: { ...good, parentIncarnationId: "x".repeat(256) } }
  ])("are refused by their field: $field of $request", ({ field, request }) =>
    Effect.gen(function*() {
      const registry = createJobRegistry({ job: counting() })
      const host = yield* open
      const runtime = yield* Effect.acquireRelease(
        Effect.sync(() => createJobsRuntime(registry, { host })),
        (runtime) => Effect.promise(() => runtime.dispose())
      )
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => Reflect.apply(runtime.handle, runtime, [request]), catch: (error) => error })
      )
      assert.instanceOf(error, InvalidInput)
      assert.strictEqual(error.field, field)
      const status = yield* Effect.promise(() => runtime.client.continuous("job").status({ id: "a" }))
      assert.strictEqual(status.status, "notFound")
    }))
})
