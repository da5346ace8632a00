import { TrackerApi } from "@durable-effect/tracker-server/api"
import { Console, Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"

/** The typed client that derives from the server's own definition. */
export const makeClient = (url: string, apiKey: string) =>
  HttpApiClient.make(TrackerApi, {
    baseUrl: url,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(apiKey))
  })

export type TrackerClient = Effect.Success<ReturnType<typeof makeClient>>

/** Entries of a list that are shown; the rest are counted. */
const shown = 3

/** An answer as JSON, its long lists cut so that it fits a screen. */
export const forScreen = (answer: object): string =>
  JSON.stringify(
    answer,
    (_, value: unknown) =>
      Array.isArray(value) && value.length > shown
        ? [...value.slice(0, shown), `… ${value.length - shown} more`]
        : value,
    2
  )

/** Which plans and which agent the questions are about. */
export interface Subjects {
  readonly progress: string
  readonly tasks: string
  readonly timeline: string
  readonly agent: string
}

/** The four questions, each with its route and the answer for what has just run. */
const fourAnswers = (client: TrackerClient, { agent, progress, tasks, timeline }: Subjects) =>
  Effect.gen(function*() {
    const plans = "/v1/tracker/plans"
    return [
      ["How far is it?", `${plans}/${progress}`, yield* client.query.plan({ params: { plan_id: progress } })],
      [
        "What did each task do?",
        `${plans}/${tasks}/tasks`,
        yield* client.query.planTasks({ params: { plan_id: tasks }, query: {} })
      ],
      [
        "What came before what?",
        `${plans}/${timeline}/timeline`,
        yield* client.query.planTimeline({ params: { plan_id: timeline }, query: {} })
      ],
      [
        "How good is it?",
        `/v1/tracker/metrics?agent_id=${agent}&period=7d`,
        yield* client.query.metrics({ query: { agent_id: agent, period: "7d" } })
      ]
    ] as const
  })

/** Asks the four questions, and shows what the tracker answers. */
export const showAnswers = Effect.fn("showAnswers")(function*(client: TrackerClient, subjects: Subjects) {
  for (const [question, route, answer] of yield* fourAnswers(client, subjects)) {
    yield* Console.log(`\n${question}\nGET ${route}\n${forScreen(answer)}`)
  }
})
