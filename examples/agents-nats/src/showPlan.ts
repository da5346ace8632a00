import { forScreen, type TrackerClient } from "@durable-effect/example-support"
import type { TimelineEvent } from "@durable-effect/tracker-server/api"
import { Console, Effect, Option, Schema, Stream } from "effect"
import { Summary } from "./messages.ts"
import { treeLines } from "./tree.ts"

/** All events of a plan, page by page. */
const timelineOf = (client: TrackerClient, planId: string) =>
  Stream.paginate(undefined, (cursor: string | undefined) =>
    client.query.planTimeline({
      params: { plan_id: planId },
      query: { limit: "500", ...(cursor === undefined ? {} : { cursor }) }
    }).pipe(Effect.map(({ events, next_cursor }) => [events, Option.fromUndefinedOr(next_cursor)] as const))).pipe(
      Stream.runCollect
    )

const Completed = Schema.Struct({ result: Summary })
const read = Schema.decodeUnknownOption(Completed)

/** What the agents found, as the end of the plan says it. */
const resultOf = (events: ReadonlyArray<TimelineEvent>): ReadonlyArray<string> =>
  events.filter(({ event_type }) => event_type === "plan.completed")
    .flatMap(({ data }) => Option.match(read(data), { onNone: () => [], onSome: ({ result }) => result.index }))

/** The tasks that failed, each as an answer of its own. */
const showFailures = Effect.fnUntraced(function*(client: TrackerClient, planId: string) {
  const { tasks } = yield* client.query.planTasks({ params: { plan_id: planId }, query: { limit: "500" } })
  for (const { state, task_id } of tasks) {
    if (state !== "failed") continue
    const task = yield* client.query.task({ params: { task_id }, query: {} })
    yield* Console.log(`\nWhy did it fail?\nGET /v1/tracker/tasks/${encodeURIComponent(task_id)}\n${forScreen(task)}`)
  }
})

/** What failed, what came of delegating, which event led to which, and what the agents found. */
export const showPlan = Effect.fn("showPlan")(function*(client: TrackerClient, planId: string) {
  yield* showFailures(client, planId)
  const group = `${planId}:summarise:outlines`
  const delegation = yield* client.query.delegationGroup({ params: { group_id: group }, query: {} })
  yield* Console.log(
    `\nWhat came of delegating?\nGET /v1/tracker/delegation-groups/${encodeURIComponent(group)}\n${
      forScreen(delegation)
    }`
  )
  const events = yield* timelineOf(client, planId)
  yield* Console.log(`\nThe timeline as a tree\n${treeLines(events).join("\n")}`)
  yield* Console.log(`\nThe index\n${resultOf(events).join("\n")}`)
})
