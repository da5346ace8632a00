import { createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Effect, Layer, Option, Redacted, References } from "effect"
import { join } from "node:path"
import { registry } from "./jobs/registry.ts"
import { Packages } from "./Packages.ts"
import { Reports } from "./Reports.ts"
import type { Summary } from "./summary.ts"
import { Terminal } from "./Terminal.ts"

interface Options {
  readonly url: string
  readonly apiKey: string
  readonly dataDirectory: string
  readonly report: (summary: Option.Option<Summary>) => Effect.Effect<void>
}

/** The jobs' runtime, until the scope closes: its state in a file beside the server's data, its events to the server. */
export const startRuntime = Effect.fnUntraced(function*({ apiKey, dataDirectory, report, url }: Options) {
  const terminal = yield* Terminal
  const reports = Layer.succeed(Reports, {
    say: terminal.say,
    summary: (found) => report(Option.some(found))
  })
  // Warnings of attempts that failed would tear the drawn lines apart, which tell of them as well.
  const quiet = Layer.succeed(References.MinimumLogLevel, "Error")
  const start = () => {
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
    return runtime
  }
  return yield* Effect.acquireRelease(Effect.sync(start), (runtime) => Effect.promise(() => runtime.dispose()))
})

export type Runtime = Effect.Success<ReturnType<typeof startRuntime>>
