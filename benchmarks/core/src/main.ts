import { Cause, Effect, Exit, Fiber, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { describeMachine } from "../../harness/src/machine.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { faultCatalogue, minute } from "./faults/catalogue.ts"
import { faultGoals, minuteGoals } from "./faults/faultGoals.ts"
import { runFaults } from "./faults/runFaults.ts"
import { goalsOf } from "./goals.ts"
import { measurements, type Options, readOptions, usage, UsageError } from "./options.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { measureTimed } from "./timed.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** What people install is JavaScript, so that is what runs. */
const build = Effect.sync(() => {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "packages/core", "packages/jobs"], {
    cwd: root,
    stdio: ["ignore", 2, 2]
  })
})

const measure = Effect.fnUntraced(function*(options: Options) {
  if (!options.fromSource) yield* build
  const startedAt = new Date().toISOString()
  const timed: Record<string, Runs> = {}
  for (const name of options.only) {
    if (name === "faults" || name === "minute") continue
    timed[name] = yield* measureTimed(name, options)
  }
  const faults = faultCatalogue(options.isSmoke)
  const long = minute(options.isSmoke)
  const faultRuns = yield* runFaults([
    ...(options.only.includes("faults") ? faults : []),
    ...(options.only.includes("minute") ? [long] : [])
  ], options)
  return {
    suite: "core",
    startedAt,
    machine: describeMachine(new URL("../package.json", import.meta.url)),
    code: options.fromSource ? "source" : "dist",
    isSmoke: options.isSmoke,
    rounds: options.rounds,
    timed,
    faults: faultRuns,
    goals: [...goalsOf(timed), ...faultGoals(faults, faultRuns), ...minuteGoals(long, faultRuns)]
  } satisfies Results
})

const save = (results: Results, options: Options) => {
  const dated = `${root}benchmarks/results/core-${results.startedAt.slice(0, 16).replace(":", "")}Z.json`
  const isWhole = !options.isSmoke && options.contenders.length === 0 && options.only.length === measurements.length
  const path = options.out ?? (isWhole ? dated : undefined)
  if (path === undefined) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`)
  console.error(`written to ${path}`)
}

const bench = async (options: Options): Promise<void> => {
  const fiber = Effect.runFork(measure(options))
  // Processes of contenders end with the fiber.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fiber.interruptUnsafe())
  const exit = await Effect.runPromise(Fiber.await(fiber))
  if (Exit.isFailure(exit)) {
    console.error(Cause.hasInterruptsOnly(exit.cause) ? "stopped" : Cause.pretty(exit.cause))
    process.exitCode = 1
    return
  }
  save(exit.value, options)
  console.log(textReport(exit.value))
}

/** `npm run bench -- core <words>` */
export const run = async (words: ReadonlyArray<string>): Promise<void> => {
  try {
    const options = readOptions(words)
    if (options === "help") console.log(usage)
    else if (options.markdown === undefined) await bench(options)
    else console.log(markdownReport(Schema.decodeUnknownSync(ResultsFile)(readFileSync(options.markdown, "utf8"))))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
}
