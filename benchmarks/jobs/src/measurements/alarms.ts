import { Effect } from "effect"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { profiled } from "../../../harness/src/profile.ts"
import { percentile } from "../../../harness/src/statistics.ts"
import { Count } from "../contenders/Count.ts"
import type { JobOf } from "../Job.ts"
import { addDue, openSleepers } from "../sleepers.ts"
import { stopwatch } from "./stopwatch.ts"

/** How late handlers begin that are due at a steady pace, beside many instances that sleep. */
export const measureAlarms = Effect.fnUntraced(function*(job: JobOf<"Alarms">) {
  const { headStartMs, jobs, perSecond, profilePath, sleepers, warmUpJobs } = job
  const file = join(job.folder, "jobs.db")
  copyFileSync(job.sleepersFile, file)
  const all = warmUpJobs + jobs
  const dueAt = yield* addDue(file, sleepers, all, Date.now() + headStartMs, perSecond)
  const lateness = new Float64Array(all).fill(Number.NaN)
  const ran = new Count()
  const { runtime } = openSleepers(file, (index) => {
    lateness[index - sleepers] = Date.now() - dueAt(index)
    ran.add()
  })
  yield* Effect.addFinalizer(() => Effect.promise(runtime.dispose))
  yield* Effect.promise(async () => {
    await runtime.ready()
    await ran.reaches(warmUpJobs)
  })
  const elapsed = yield* profiled(
    profilePath,
    Effect.promise(async () => {
      const read = stopwatch()
      await ran.reaches(all)
      return read()
    })
  )
  const measured = lateness.subarray(warmUpJobs)
  return {
    p50Ms: percentile(measured, 0.5),
    p99Ms: percentile(measured, 0.99),
    maxMs: percentile(measured, 1),
    cpuMicrosPerJob: elapsed.cpuMicros / jobs
  }
})
