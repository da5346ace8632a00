import { Effect } from "effect"
import { beginRun } from "../../harness/src/Results.ts"
import { startSink } from "../../harness/src/sink.ts"
import { runSuite } from "../../harness/src/suite.ts"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { measureTimed, type ProfileTarget } from "../../harness/src/timed.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { type ContenderName, contenderOf } from "./contenders/index.ts"
import { goalsOf } from "./goals.ts"
import { choice, type MeasurementName, type Options } from "./options.ts"
import { plans } from "./plan.ts"
import { markdownReport, textReport } from "./report.ts"
import { type Results, ResultsFile } from "./Results.ts"
import { redisVersion, startRedis } from "./servers/redis.ts"

const worker = new URL("./worker.ts", import.meta.url)

/** Stands in each event once. */
const mark = "\"eventId\":"

/** What a contender needs, for one run: nobody's server is up while others are measured. */
const surroundings = Effect.fnUntraced(function*(contender: ContenderName, profile: ProfileTarget) {
  const folder = yield* tempFolder
  const { server, tracks } = contenderOf(contender)
  return {
    contender,
    folder,
    server: server === "redis" ? yield* startRedis(folder) : "",
    ...(tracks === true ? { sink: yield* startSink(mark) } : {}),
    ...profile
  }
})

const measureOne = (name: MeasurementName, isThere: (contender: ContenderName) => boolean, options: Options) => {
  const plan = plans(options.isSmoke)[name]
  return measureTimed({
    name,
    worker,
    plan: { ...plan, contenders: plan.contenders.filter(isThere) },
    options,
    titleOf: (contender) => contenderOf(contender).title,
    targetFor: surroundings
  })
}

const measure = Effect.fnUntraced(function*(options: Options) {
  const begun = yield* beginRun(options, new URL("../package.json", import.meta.url))
  const redis = redisVersion()
  if (redis === undefined) console.error("BullMQ is left out, for want of redis-server: apt-get install redis-server")
  const isThere = (contender: ContenderName) => contenderOf(contender).server !== "redis" || redis !== undefined
  const timed: Record<string, Runs> = {}
  for (const name of options.only) timed[name] = yield* measureOne(name, isThere, options)
  return { suite: "jobs", ...begun, timed, goals: goalsOf(timed) } satisfies Results
})

/** `npm run bench -- jobs <words>` */
export const run = runSuite({ choice, measure, file: ResultsFile, textReport, markdownReport })
