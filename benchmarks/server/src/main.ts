import { Effect } from "effect"
import { beginRun } from "../../harness/src/Results.ts"
import { runSuite } from "../../harness/src/suite.ts"
import { measureTimed } from "../../harness/src/timed.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { contenderOf } from "./contenders/index.ts"
import { goalsOf } from "./goals.ts"
import { choice, type Options } from "./options.ts"
import { filledOf, plans } from "./plan.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { openWorkshop, worker } from "./surroundings.ts"

const measure = Effect.fnUntraced(function*(options: Options) {
  const begun = yield* beginRun(options, new URL("../package.json", import.meta.url))
  const { dropFilled, postgresql, syncMs, targetFor } = yield* openWorkshop(options, filledOf(options.isSmoke))
  const minutes = options.minutes ?? 0
  const timed: Record<string, Runs> = {}
  for (const name of options.only) {
    const plan = plans(options.isSmoke, minutes)[name]
    timed[name] = yield* measureTimed({
      name,
      worker,
      plan,
      options: { ...options, rounds: plan.rounds ?? options.rounds },
      titleOf: (contender) => contenderOf(contender).title,
      targetFor
    })
    if (name === "growth" || name === "queries") yield* dropFilled
  }
  const machine = { ...begun.machine, versions: { ...begun.machine.versions, postgresql } }
  return { suite: "server", ...begun, machine, minutes, syncMs, timed, goals: goalsOf(timed) } satisfies Results
}, Effect.scoped)

/** `npm run bench -- server <words>` */
export const run = runSuite({ choice, measure, file: ResultsFile, textReport, markdownReport })
