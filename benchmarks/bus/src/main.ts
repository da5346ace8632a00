import { Effect } from "effect"
import type { Options } from "../../harness/src/options.ts"
import { beginRun } from "../../harness/src/Results.ts"
import { runSuite } from "../../harness/src/suite.ts"
import { measureTimed } from "../../harness/src/timed.ts"
import { type ContenderName, contenderOf } from "../../server/src/contenders/index.ts"
import { filledOf } from "../../server/src/plan.ts"
import { openWorkshop, worker } from "../../server/src/surroundings.ts"
import { goalsOf } from "./goals.ts"
import { choice, type MeasurementName } from "./options.ts"
import { plans } from "./plan.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"

const measure = Effect.fnUntraced(function*(options: Options<MeasurementName, ContenderName>) {
  const begun = yield* beginRun(options, new URL("../package.json", import.meta.url))
  const { postgresql, syncMs, targetFor } = yield* openWorkshop(options, filledOf(options.isSmoke))
  const runs = yield* measureTimed({
    name: "ingest-100",
    worker,
    plan: plans(options.isSmoke)["ingest-100"],
    options,
    titleOf: (contender) => contenderOf(contender).title,
    targetFor
  })
  const timed = { "ingest-100": runs }
  const machine = { ...begun.machine, versions: { ...begun.machine.versions, postgresql } }
  return { suite: "bus", ...begun, machine, syncMs, timed, goals: goalsOf(timed) } satisfies Results
}, Effect.scoped)

/** `npm run bench -- bus <words>` */
export const run = runSuite({ choice, measure, file: ResultsFile, textReport, markdownReport })
