/**
 * Audits a workspace with its state in a file, and says each package that it reads, each batch of findings, and the summary
 * at the end. Kills itself once it has said so many lines that begin with a word.
 */
import { createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Deferred, Effect, Layer, References } from "effect"
import { writeSync } from "node:fs"
import { registry } from "../src/jobs/registry.ts"
import { Packages } from "../src/Packages.ts"
import { Reports } from "../src/Reports.ts"

const [filename = "", directory = "", word = "", times = ""] = process.argv.slice(2)
let left = Number(times)
const say = (line: string) =>
  Effect.sync(() => {
    writeSync(1, `${line}\n`)
    if (line.startsWith(word) && --left === 0) process.kill(process.pid, "SIGKILL")
  })

const ended = Deferred.makeUnsafe<void>()
const reports = Layer.succeed(Reports, {
  say,
  summary: (found) =>
    Effect.andThen(say(`summary ${JSON.stringify(found)}`), Effect.asVoid(Deferred.succeed(ended, undefined)))
})
const sayingPackages = Layer.effect(
  Packages,
  Effect.map(Packages, (packages) => ({
    ...packages,
    audit: (directory: string, path: string) => Effect.andThen(say(`audit ${path}`), packages.audit(directory, path))
  }))
).pipe(Layer.provide(Packages.layer))

const runtime = createJobsRuntime(registry, {
  host: JobsHost.sqlite({ filename }),
  layer: Layer.mergeAll(sayingPackages, reports, Layer.succeed(References.MinimumLogLevel, "None"))
})
await runtime.client.continuous("auditSummary").start({ id: "workspace", input: { directory, scope: null } })
await Effect.runPromise(Deferred.await(ended))
await runtime.dispose()
