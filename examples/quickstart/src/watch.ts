import type { TrackerClient } from "@durable-effect/example-support"
import type { Plan } from "@durable-effect/tracker-server/api"
import { Effect } from "effect"
import { instances } from "./instances.ts"
import { Terminal } from "./Terminal.ts"
import { barWidth, instancesLine, jobLine } from "./view.ts"

/** Shows how far the jobs are, as tracker-server answers it, and leaves it on the screen for a moment. */
export const watch = Effect.fn("watch")(function*(client: TrackerClient, licences: ReadonlyArray<string>) {
  const terminal = yield* Terminal
  const bar = barWidth(yield* terminal.width)
  const planOf = (instanceId: string) => client.query.plan({ params: { plan_id: instanceId } })
  const runsOf = (plan: Plan) =>
    // By the id of this life: the instance may begin its next one between the two questions.
    client.query.planTasks({ params: { plan_id: plan.plan_id }, query: { limit: "500" } })

  const one = (jobName: string, instanceId: string) =>
    planOf(instanceId).pipe(
      Effect.flatMap((plan) => Effect.map(runsOf(plan), ({ tasks }) => jobLine(jobName, { plan, tasks }, bar))),
      // Not known yet, or not reachable for a moment: the next look tells.
      Effect.orElseSucceed(() => jobLine(jobName, undefined))
    )
  const many = (jobName: string, instanceIds: ReadonlyArray<string>) =>
    Effect.forEach(instanceIds, (id) => Effect.option(planOf(id)), { concurrency: 4 }).pipe(
      Effect.map((plans) =>
        instancesLine(jobName, plans.flatMap((plan) => plan._tag === "Some" ? [plan.value] : []), bar)
      )
    )

  const lines = yield* Effect.all([
    one("packageAudit", instances.audit),
    one("findings", instances.findings),
    many("licenceReview", licences.map(instances.review)),
    one("auditSummary", instances.summary),
    one("lockfileCheck", instances.check)
  ], { concurrency: "unbounded" })
  yield* terminal.draw(lines)
  yield* Effect.sleep("200 millis")
})
