import { Effect } from "effect"
import { beginRun } from "../../harness/src/Results.ts"
import { runSuite } from "../../harness/src/suite.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { faultCatalogue, minute } from "./faults/catalogue.ts"
import { faultGoals, minuteGoals } from "./faults/faultGoals.ts"
import { runFaults } from "./faults/runFaults.ts"
import { goalsOf } from "./goals.ts"
import { choice, type Options } from "./options.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { measureOne } from "./timed.ts"

const measure = Effect.fnUntraced(function*(options: Options) {
  const begun = yield* beginRun(options, new URL("../package.json", import.meta.url))
  const timed: Record<string, Runs> = {}
  for (const name of options.only) {
    if (name === "faults" || name === "minute") continue
    timed[name] = yield* measureOne(name, options)
  }
  const faults = faultCatalogue(options.isSmoke)
  const long = minute(options.isSmoke)
  const faultRuns = yield* runFaults([
    ...(options.only.includes("faults") ? faults : []),
    ...(options.only.includes("minute") ? [long] : [])
  ], options)
  return {
    suite: "core",
    ...begun,
    timed,
    faults: faultRuns,
    goals: [...goalsOf(timed), ...faultGoals(faults, faultRuns), ...minuteGoals(long, faultRuns)]
  } satisfies Results
})

/** `npm run bench -- core <words>` */
export const run = runSuite({ choice, measure, file: ResultsFile, textReport, markdownReport })
