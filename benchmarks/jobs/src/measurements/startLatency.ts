import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { profiled } from "../../../harness/src/profile.ts"
import { percentile } from "../../../harness/src/statistics.ts"
import type { Runner } from "../contenders/Runner.ts"
import type { JobOf } from "../Job.ts"
import { openRunner } from "./openRunner.ts"
import { stopwatch } from "./stopwatch.ts"

/** Hands in jobs `from` … `to - 1` at a steady pace, whether or not the last one has been answered. */
const handInAtPace = async (runner: Runner, from: number, to: number, perSecond: number, called: Float64Array) => {
  const start = performance.now()
  const answers: Array<Promise<unknown>> = []
  for (let index = from; index < to; index++) {
    const dueInMs = start + (index - from) / perSecond * 1000 - performance.now()
    if (dueInMs > 0) await sleep(dueInMs)
    called[index] = performance.now()
    answers.push(runner.submit(index))
  }
  await Promise.all(answers)
  await runner.settled(to)
}

/** From a call to the first line of the job's handler, with hardly anything else to do. */
export const measureStartLatency = Effect.fnUntraced(function*(job: JobOf<"StartLatency">) {
  const { jobs, perSecond, profilePath, warmUpJobs } = job
  const all = warmUpJobs + jobs
  const called = new Float64Array(all)
  const begun = new Float64Array(all)
  const runner = yield* openRunner(job, (index) => {
    begun[index] = performance.now()
  })
  yield* Effect.promise(() => handInAtPace(runner, 0, warmUpJobs, perSecond, called))
  const elapsed = yield* profiled(
    profilePath,
    Effect.promise(async () => {
      const read = stopwatch()
      await handInAtPace(runner, warmUpJobs, all, perSecond, called)
      return read()
    })
  )
  const latencies = begun.map((at, index) => at - (called[index] ?? 0)).subarray(warmUpJobs)
  if (latencies.some((latency) => latency < 0)) yield* Effect.die(new Error("not all jobs were executed: void"))
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
    cpuMicrosPerJob: elapsed.cpuMicros / jobs
  }
})
