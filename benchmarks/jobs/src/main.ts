import { Effect } from "effect"
import { beginRun } from "../../harness/src/Results.ts"
import { runSuite } from "../../harness/src/suite.ts"
import { measureTimed } from "../../harness/src/timed.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { type ContenderName, contenderOf } from "./contenders/index.ts"
import { goalsOf } from "./goals.ts"
import { choice, type Options } from "./options.ts"
import { plans } from "./plan.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { redisVersion } from "./servers/redis.ts"
import { openWorkshop, worker } from "./surroundings.ts"

const measure = Effect.fnUntraced(function*(options: Options) {
  const begun = yield* beginRun(options, new URL("../package.json", import.meta.url))
  const redis = redisVersion()
  if (redis === undefined) console.error("BullMQ is left out, for want of redis-server: apt-get install redis-server")
  const isThere = (contender: ContenderName) => contenderOf(contender).server !== "redis" || redis !== undefined
  const { syncMs, targetFor } = yield* openWorkshop(options)
  const timed: Record<string, Runs> = {}
  for (const name of options.only) {
    const plan = plans(options.isSmoke)[name]
    timed[name] = yield* measureTimed({
      name,
      worker,
      plan: { ...plan, contenders: plan.contenders.filter(isThere) },
      options,
      titleOf: (contender) => contenderOf(contender).title,
      targetFor: targetFor(plan.sleepers)
    })
  }
  const versions = { ...begun.machine.versions, ...(redis === undefined ? {} : { "redis-server": redis }) }
  const machine = { ...begun.machine, versions }
  return { suite: "jobs", ...begun, machine, syncMs, timed, goals: goalsOf(timed) } satisfies Results
}, Effect.scoped)

/** `npm run bench -- jobs <words>` */
export const run = runSuite({ choice, measure, file: ResultsFile, textReport, markdownReport })
