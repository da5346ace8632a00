import { Effect } from "effect"
import { join } from "node:path"
import { runInOwnProcess } from "../../harness/src/ownProcess.ts"
import { startSink } from "../../harness/src/sink.ts"
import { syncMs } from "../../harness/src/syncMs.ts"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { flagsOf, type ProfileTarget } from "../../harness/src/timed.ts"
import { type ContenderName, contenderOf } from "./contenders/index.ts"
import type { Job, Target } from "./Job.ts"
import type { Options } from "./options.ts"
import { startRedis } from "./servers/redis.ts"

/** The program of a contender. */
export const worker = new URL("./worker.ts", import.meta.url)

/** Stands in each event once. */
const mark = "\"eventId\":"

/** What lasts for the whole suite: the files that several runs begin from. */
export const openWorkshop = Effect.fnUntraced(function*(options: Options) {
  const folder = yield* tempFolder
  const made = new Map<number, string>()

  const sleepersFile = Effect.fnUntraced(function*(sleepers: number) {
    const before = made.get(sleepers)
    if (before !== undefined) return before
    const file = join(folder, `sleepers-${sleepers}.db`)
    const what = `a file of ${sleepers.toLocaleString("en")} sleeping instances`
    console.error(`making ${what}`)
    const job: Job = { _tag: "MakeSleepers", file, sleepers }
    yield* runInOwnProcess(worker, job, flagsOf(options), what)
    made.set(sleepers, file)
    return file
  })

  const serverOf = Effect.fnUntraced(function*(contender: ContenderName, ownFolder: string) {
    const { server } = contenderOf(contender)
    if (server === undefined) return undefined
    if (server === "redis") return yield* startRedis(ownFolder)
    // All of tracker-server comes with it.
    const { startPostgres } = yield* Effect.promise(() => import("../../harness/src/servers/postgres.ts"))
    // Its files are made once, which takes longer than a run.
    return yield* startPostgres(join(folder, "postgres"))
  })

  /** What a contender needs for one run, gone after it: nobody's server is up while others are measured. */
  const targetFor = (sleepers: number) =>
    Effect.fnUntraced(function*(contender: ContenderName, profile: ProfileTarget) {
      const ownFolder = yield* tempFolder
      const server = yield* serverOf(contender, ownFolder)
      return {
        contender,
        folder: ownFolder,
        ...(server === undefined ? {} : { server }),
        sleepersFile: sleepers === 0 ? "" : yield* sleepersFile(sleepers),
        ...(contenderOf(contender).tracks === true ? { sink: yield* startSink(mark) } : {}),
        ...profile
      } satisfies Target
    })

  return { targetFor, syncMs: syncMs(folder) }
})
