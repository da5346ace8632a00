import { Effect } from "effect"
import { UsageError } from "../../harness/src/options.ts"
import { beginRun } from "../../harness/src/Results.ts"
import { runSuite } from "../../harness/src/suite.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { faultCatalogue, minute } from "./faults/catalogue.ts"
import { faultGoals, minuteGoals } from "./faults/faultGoals.ts"
import { runFaults } from "./faults/runFaults.ts"
import { goalsOf } from "./goals.ts"
import { choice, measurements, type Options } from "./options.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { measureOne } from "./timed.ts"

/** Least rounds of a run that is kept beside the published ones. */
const leastRounds = 5

/** Said before it runs for minutes: fewer rounds are no numbers to publish, and a dated file would look like some. */
const refuseTooFew = ({ contenders, isSmoke, only, out, rounds }: Options) => {
  const wouldBeKept = !isSmoke && contenders.length === 0 && only.length === measurements.length && out === undefined
  return wouldBeKept && rounds < leastRounds
    ? Effect.fail(
      new UsageError(
        `a whole run of fewer than ${leastRounds} rounds is not kept in benchmarks/results: add --out FILE`
      )
    )
    : Effect.void
}

const measure = Effect.fnUntraced(function*(options: Options) {
  yield* refuseTooFew(options)
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
