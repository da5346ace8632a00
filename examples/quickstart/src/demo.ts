import {
  complain,
  dataDirectory,
  forScreen,
  makeClient,
  runExample,
  shownDirectory,
  startTrackerServer,
  workspaceRoot
} from "@durable-effect/example-support"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Option, Ref } from "effect"
import { CliConfig, Command, Flag, GlobalFlag } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { DemoFailed } from "./DemoFailed.ts"
import { instances } from "./instances.ts"
import { nextSteps } from "./nextSteps.ts"
import { startRuntime } from "./runtime.ts"
import { showAnswers } from "./showAnswers.ts"
import { type Summary, summaryLines } from "./summary.ts"
import { Terminal } from "./Terminal.ts"
import { watch } from "./watch.ts"
import { startWork } from "./work.ts"

const demo = Effect.fn("demo")(function*(keep: boolean) {
  const terminal = yield* Terminal
  yield* terminal.say("Starting tracker-server (the first start also makes its database) …")
  const { apiKey, url } = yield* startTrackerServer(dataDirectory)
  yield* terminal.say(`tracker-server answers at ${url}; its data is in ${shownDirectory}\n`)

  const summary = yield* Ref.make(Option.none<Summary>())
  const runtime = yield* startRuntime({ url, apiKey, dataDirectory, report: (found) => Ref.set(summary, found) })
  const client = yield* makeClient(url, apiKey)
  const work = yield* startWork(runtime, workspaceRoot)
  if (work.isResumed) yield* terminal.say("A run was interrupted before: it goes on where it was.")
  const look = Effect.flatMap(work.licences, (licences) => watch(client, licences))
  yield* look.pipe(Effect.repeat({ until: () => work.isOver }))
  yield* work.delivered
  yield* look
  yield* terminal.settle

  const found = yield* Ref.get(summary)
  if (Option.isNone(found)) {
    const { tasks } = yield* client.query.planTasks({ params: { plan_id: instances.summary }, query: {} })
    return yield* new DemoFailed({ message: `The audit failed in every attempt:\n${forScreen(tasks)}` })
  }
  yield* Console.log(`\nInstalled packages by licence\n${summaryLines(found.value).join("\n")}`)
  const rarest = found.value.licences.at(-1)
  if (rarest === undefined) return yield* new DemoFailed({ message: "No package could be audited." })
  yield* showAnswers(client, rarest.licence)
  yield* Console.log(`\n${nextSteps({ keep, url, apiKey, directory: shownDirectory })}`)
  if (keep) yield* Effect.never
})

const command = Command.make(
  "demo",
  {
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Leave tracker-server up until Ctrl-C"),
      Flag.withDefault(false)
    )
  },
  // `npm run demo --keep`, without the `--` between, gives the flag to npm, which tells us so.
  ({ keep }) => Effect.scoped(demo(keep || process.env["npm_config_keep"] === "true"))
).pipe(
  Command.withDescription("Audits the packages of this workspace as tracked jobs, and shows what the tracker answers")
)

runExample(
  command.pipe(
    Command.run({ version: "0.0.0" }),
    Effect.catchTag(["ProgramNotStarted", "DemoFailed"], complain),
    Effect.provide([
      Terminal.layer,
      FetchHttpClient.layer,
      NodeServices.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help] })
    ])
  )
)
