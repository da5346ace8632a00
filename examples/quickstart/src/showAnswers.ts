import { showAnswers as showFour, type TrackerClient } from "@durable-effect/example-support"
import { Console, Effect } from "effect"
import { instances } from "./instances.ts"
import { storyOf } from "./story.ts"

/** Asks the four questions about a pool, a task and a debounce, and tells the story of one job of each kind. */
export const showAnswers = Effect.fn("showAnswers")(function*(client: TrackerClient, licence: string) {
  yield* showFour(client, {
    progress: instances.audit,
    tasks: instances.review(licence),
    timeline: instances.findings,
    agent: "packageAudit"
  })
  yield* Console.log("\nThe latest life of each, by the types of its events")
  const all = [instances.audit, instances.findings, instances.review(licence), instances.summary, instances.check]
  for (const instanceId of all) {
    yield* Console.log(`${instanceId}\n  ${yield* storyOf(client, instanceId)}`)
  }
})
