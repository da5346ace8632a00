import { Effect, Option } from "effect"
import type { TrackerClient } from "./answers.ts"
import { Terminal } from "./Terminal.ts"
import { jobLine } from "./view.ts"
import { instance } from "./work.ts"

/** Shows how far the jobs are, as tracker-server answers it, and leaves it on the screen for a moment. */
export const watch = Effect.fn("watch")(function*(client: TrackerClient) {
  const terminal = yield* Terminal
  const lines = yield* Effect.forEach(["packageAudit", "lockfileCheck"], (jobName) => {
    const params = { plan_id: `continuous:${jobName}:${instance}` }
    return Effect.all([client.query.plan({ params }), client.query.planTasks({ params, query: { limit: "500" } })])
      .pipe(
        // Not known yet, or not reachable for a moment: the next look tells.
        Effect.option,
        Effect.map(Option.getOrElse(() => [undefined, { tasks: [] }] as const)),
        Effect.map(([plan, { tasks }]) => jobLine(jobName, plan, tasks))
      )
  })
  yield* terminal.draw(lines)
  yield* Effect.sleep("200 millis")
})
