import { Effect } from "effect"
import type { TrackerClient } from "./answers.ts"
import { Terminal } from "./Terminal.ts"
import { jobLine } from "./view.ts"
import { instance } from "./work.ts"

/** Shows how far the jobs are, as tracker-server answers it, and leaves it on the screen for a moment. */
export const watch = Effect.fn("watch")(function*(client: TrackerClient) {
  const terminal = yield* Terminal
  const lines = yield* Effect.forEach(["packageAudit", "lockfileCheck"], (jobName) => {
    return Effect.gen(function*() {
      const plan = yield* client.query.plan({ params: { plan_id: `continuous:${jobName}:${instance}` } })
      // By the id of this life: the instance may begin its next one between the two questions.
      const { tasks } = yield* client.query.planTasks({ params: { plan_id: plan.plan_id }, query: { limit: "500" } })
      return jobLine(jobName, plan, tasks)
    }).pipe(
      // Not known yet, or not reachable for a moment: the next look tells.
      Effect.orElseSucceed(() => jobLine(jobName, undefined, []))
    )
  })
  yield* terminal.draw(lines)
  yield* Effect.sleep("200 millis")
})
