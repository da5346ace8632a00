import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { GoalRow } from "./Goal.ts"
import { describeMachine, Machine } from "./machine.ts"
import type { Options } from "./options.ts"

export const Numbers = Schema.Record(Schema.String, Schema.Finite)

/** What every suite keeps of a run: every number of every round, so that anybody can judge anew. */
export const resultsFields = {
  /** ISO 8601, UTC. */
  startedAt: Schema.String,
  machine: Machine,
  /** What ran of our own packages: JavaScript as published, or TypeScript as it stands. */
  code: Schema.Literals(["dist", "source"]),
  isSmoke: Schema.Boolean,
  rounds: Schema.Int,
  /** Measurement → contender → round → numbers. */
  timed: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Array(Numbers))),
  goals: Schema.Array(GoalRow)
}
const Frame = Schema.Struct(resultsFields)
export type ResultsFrame = typeof Frame.Type

export const root = fileURLToPath(new URL("../../../", import.meta.url))

const run = (...args: ReadonlyArray<string>) =>
  execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] })

/** What people install is JavaScript, so that is what runs. */
const build = Effect.sync(() => {
  const packages = ["packages/core", "packages/jobs", "packages/tracker-server"]
  run("node_modules/typescript/bin/tsc", "-b", ...packages)
  run("packages/tracker-server/scripts/bundle.ts")
})

/** Builds our packages if the options ask for it, and describes the run that begins now. */
export const beginRun = Effect.fnUntraced(function*(options: Options, manifest: URL) {
  if (!options.fromSource) yield* build
  return {
    startedAt: new Date().toISOString(),
    machine: describeMachine(manifest),
    code: options.fromSource ? "source" : "dist",
    isSmoke: options.isSmoke,
    rounds: options.rounds
  } satisfies Omit<ResultsFrame, "timed" | "goals">
})
