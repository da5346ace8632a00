import { nextEventId } from "@durable-effect/core"
import {
  complain,
  dataDirectory,
  makeClient,
  runExample,
  showAnswers,
  shownDirectory,
  startProgram,
  startTrackerServer,
  workspaceRoot
} from "@durable-effect/example-support"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { FetchHttpClient } from "effect/http"
import { fileURLToPath } from "node:url"
import { ExampleFailed } from "./ExampleFailed.ts"
import { showPlan } from "./showPlan.ts"
import { startNats } from "./startNats.ts"
import { untilStored } from "./untilStored.ts"
import { watch } from "./watch.ts"

/** What its subjects begin with: a NATS server of the user's own may carry other events too. */
const prefix = process.env["TRACKER_NATS_PREFIX"] || "example-agents"

const workers = ["splitter", "analyser", "summariser"]

const example = Effect.gen(function*() {
  yield* Console.log("Starting the bus and tracker-server (the first start also makes its database) …")
  const nats = yield* startNats
  const server = yield* startTrackerServer(dataDirectory, { NATS_URL: nats.url, TRACKER_NATS_PREFIX: prefix })
  yield* Console.log(`tracker-server answers at ${server.url} and listens to ${prefix}.events.* at ${nats.shown}`)
  yield* Console.log(`Its data is in ${shownDirectory}\n`)
  const client = yield* makeClient(server.url, server.apiKey)
  const { eventId } = yield* nextEventId
  const planId = `index-${eventId.slice(-8)}`
  const told = yield* watch(server, planId)

  const env = {
    AGENTS_NATS_URL: nats.url,
    AGENTS_NATS_PREFIX: prefix,
    AGENTS_ROOT: workspaceRoot,
    AGENTS_PLAN_ID: planId
  }
  const startAgent = (name: string) =>
    startProgram(fileURLToPath(new URL(`agents/${name}.ts`, import.meta.url)), { env, isHeard: true })
  for (const name of workers) yield* startAgent(name)
  const planner = yield* startAgent("planner")
  if ((yield* planner.exitCode) !== 0) return yield* new ExampleFailed({ message: "The planner failed: see above." })
  yield* untilStored(client)
  yield* told.pipe(Effect.timeoutOrElse({
    duration: "10 seconds",
    orElse: () => Effect.fail(new ExampleFailed({ message: "tracker-server did not tell how the plan ended." }))
  }))

  yield* showAnswers(client, { progress: planId, tasks: planId, timeline: planId, agent: "analyser" })
  yield* showPlan(client, planId)
  const { status } = yield* client.query.plan({ params: { plan_id: planId } })
  if (status !== "completed") {
    return yield* new ExampleFailed({ message: `The plan did not complete: it is ${status}.` })
  }
  yield* Console.log(`
Ask more: start the server again on the same data, and ask in another terminal
  npm run tracker-server

  npm run -s tracker -- timeline ${planId}
  npm run -s tracker -- agents`)
})

runExample(
  Effect.scoped(example).pipe(
    Effect.catchTag(["ProgramNotStarted", "ExampleFailed"], complain),
    Effect.provide([FetchHttpClient.layer, NodeServices.layer])
  )
)
