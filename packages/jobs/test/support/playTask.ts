import { Effect, type Layer } from "effect"
import { createJobRegistry, type HostUnavailable, type JobsHost } from "../../src/index.ts"
import { assertOrdered, path } from "./eventPath.ts"
import { openRuntime, type Options } from "./openRuntime.ts"
import type { Storage } from "./storages.ts"
import type { adding } from "./taskDefinitions.ts"
import { until } from "./until.ts"

type Definition = ReturnType<typeof adding>

/** One task definition on a runtime of its own, and what is needed to look at it. */
export const playTask = Effect.fnUntraced(function*(
  open: Storage["open"] | Layer.Layer<JobsHost, HostUnavailable>,
  definition: Definition,
  options?: Options
) {
  const host = Effect.isEffect(open) ? yield* open : open
  const runtime = yield* openRuntime(createJobRegistry({ job: definition }), host, options)
  const task = runtime.client.task("job")
  const events = Effect.tap(runtime.events, (told) => Effect.sync(() => assertOrdered(told)))
  /** Where the story is now, so that a test can look at what comes after. */
  const mark = Effect.map(events, (told) => {
    const from = told.length
    return Effect.map(events, (later) => path(later.slice(from)))
  })
  return {
    ...runtime,
    host,
    task,
    events,
    /** The same after a restart, where the story has its begin in another tracker. */
    laterEvents: runtime.events,
    mark,
    path: Effect.map(events, path),
    /** Waits until no event is handled or waits any more, by what happens in the background. */
    settled: until(Effect.map(task.status({ id: "a" }), ({ status }) => status !== "active")),
    send: (add: number) => task.send({ id: "a", event: { add } }),
    state: Effect.map(task.getState({ id: "a" }), ({ state }) => state)
  }
})
