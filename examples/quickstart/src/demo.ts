import { createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option, Redacted, Ref, References } from "effect"
import { Command, Flag } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { forScreen, fourAnswers, makeClient, type TrackerClient } from "./answers.ts"
import { registry, startOfAudit } from "./jobs.ts"
import { Packages } from "./Packages.ts"
import { Reports } from "./Reports.ts"
import { emptySummary, summaryLines } from "./summary.ts"
import { Terminal } from "./Terminal.ts"
import { startTrackerServer } from "./TrackerServer.ts"
import { jobLine } from "./view.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const dataDirectory = process.env["TRACKER_DATA_DIR"] ?? join(root, ".tracker")
/** As a person in the workspace would write it. */
const shownDirectory = relative(root, dataDirectory).startsWith("..") ? dataDirectory : relative(root, dataDirectory)
const id = "workspace"
const jobNames = ["packageAudit", "lockfileCheck"] as const

const demo = Effect.fn("demo")(function*(keep: boolean) {
  const terminal = yield* Terminal
  yield* terminal.say("Starting tracker-server (the first start also makes its database) …")
  const { apiKey, url } = yield* startTrackerServer(dataDirectory)
  yield* terminal.say(`tracker-server answers at ${url}; its data is in ${shownDirectory}\n`)

  const summary = yield* Ref.make(emptySummary)
  const reports = Layer.succeed(Reports, {
    say: terminal.say,
    summary: (found) => Ref.set(summary, found)
  })
  // Warnings of attempts that failed would tear the drawn lines apart, which tell of them as well.
  const quiet = Layer.succeed(References.MinimumLogLevel, "Error")
  // #region runtime
  const runtime = createJobsRuntime(registry, {
    host: JobsHost.sqlite({ filename: join(dataDirectory, "quickstart.db") }),
    tracker: {
      endpoint: `${url}/v1/events`,
      env: "demo",
      serviceKey: "quickstart",
      headers: { authorization: Redacted.make(`Bearer ${apiKey}`) },
      flushInterval: "200 millis"
    },
    layer: Layer.mergeAll(Packages.layer, reports, quiet)
  })
  // #endregion
  yield* Effect.addFinalizer(() => Effect.promise(() => runtime.dispose()))

  const client = yield* makeClient(url, apiKey)
  const audit = runtime.client.continuous("packageAudit")
  const check = runtime.client.continuous("lockfileCheck")
  // The check fails on purpose in its first attempt: its start answers when that attempt is over, so we do not wait.
  const started = yield* Effect.promise(async () => [
    await audit.start({ id, input: startOfAudit(root) }),
    await check.start({ id, input: { directory: root } })
  ])
  if (started.some(({ created }) => !created)) {
    yield* terminal.say("A run was interrupted before: it goes on where it was.")
  }
  const isOver = Effect.promise(async () => {
    const all = await Promise.all([audit.status({ id }), check.status({ id })])
    return all.every(({ status }) => status !== "running")
  })
  yield* watch(client).pipe(
    Effect.repeat({ until: () => isOver }),
    Effect.andThen(Effect.promise(() => runtime.flush()))
  )
  yield* watch(client)
  yield* terminal.settle

  yield* Console.log(`\nInstalled packages by licence\n${summaryLines(yield* Ref.get(summary)).join("\n")}`)
  const planId = `continuous:packageAudit:${id}`
  for (const [question, route, answer] of yield* fourAnswers(client, planId, "packageAudit")) {
    yield* Console.log(`\n${question}\nGET ${route}\n${forScreen(answer)}`)
  }
  yield* Console.log(`\n${nextSteps(keep, url, apiKey, planId)}`)
  if (keep) yield* Effect.never
})

/** Shows once how far the jobs are, as tracker-server answers it. */
const watch = Effect.fn("watch")(function*(client: TrackerClient) {
  const terminal = yield* Terminal
  const lines = yield* Effect.forEach(jobNames, (jobName) => {
    const params = { plan_id: `continuous:${jobName}:${id}` }
    return Effect.all([client.query.plan({ params }), client.query.planTasks({ params, query: { limit: "500" } })])
      .pipe(
        Effect.option,
        Effect.map((found) => Option.getOrElse(found, () => [undefined, { tasks: [] }] as const)),
        Effect.map(([plan, { tasks }]) => jobLine(jobName, plan, tasks))
      )
  })
  yield* terminal.draw(lines)
  yield* Effect.sleep("200 millis")
})

const nextSteps = (keep: boolean, url: string, apiKey: string, planId: string) => {
  const address = keep ? url : "http://127.0.0.1:8084"
  const ask = `  curl -H "Authorization: Bearer $(cat ${shownDirectory}/api-key)"`
  return [
    "Ask more",
    ...(keep ? [] : ["  npm run tracker-server            # starts the server again on the same data"]),
    `  URL      ${address}`,
    `  API key  ${apiKey}   (kept in ${shownDirectory}/api-key)`,
    `${ask} ${address}/v1/tracker/plans/${planId}`,
    `${ask} "${address}/v1/tracker/metrics?agent_id=lockfileCheck&period=1d"`,
    `  curl ${address}/openapi.json`,
    ...(keep ? ["The server stays up until Ctrl-C."] : [])
  ].join("\n")
}

const command = Command.make(
  "demo",
  {
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Leave tracker-server up until Ctrl-C"),
      Flag.withDefault(false)
    )
  },
  ({ keep }) => Effect.scoped(demo(keep))
).pipe(
  Command.withDescription("Audits the packages of this workspace as tracked jobs, and shows what the tracker answers")
)

command.pipe(
  Command.run({ version: "0.0.0" }),
  Effect.catchTag("ServerNotStarted", ({ message }) =>
    Effect.andThen(
      Console.error(message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )),
  Effect.provide([Terminal.layer, FetchHttpClient.layer, NodeServices.layer]),
  NodeRuntime.runMain
)
