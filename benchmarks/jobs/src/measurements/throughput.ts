import { Effect } from "effect"
import { profiled } from "../../../harness/src/profile.ts"
import { serverCpuMicros } from "../../../harness/src/servers/serverCpuMicros.ts"
import type { Runner } from "../contenders/Runner.ts"
import type { JobOf } from "../Job.ts"
import { openRunner } from "./openRunner.ts"
import { type Elapsed, stopwatch } from "./stopwatch.ts"

/** Callers that hand in one job after the other, each waiting for the answer to its last, until all have been. */
const handIn = async (submit: Runner["submit"], from: number, to: number, callers: number): Promise<void> => {
  let next = from
  const call = async () => {
    while (next < to) await submit(next++)
  }
  await Promise.all(Array.from({ length: callers }, call))
}

/** CPU that a server takes from now on, by job; nothing where there is none, or nobody can tell. */
const watchServer = (pid: number | undefined, jobs: number) => {
  const before = pid === undefined ? undefined : serverCpuMicros(pid)
  return () => {
    const after = pid === undefined ? undefined : serverCpuMicros(pid)
    return before === undefined || after === undefined ? {} : { serverCpuMicrosPerJob: (after - before) / jobs }
  }
}

const perSecond = (jobs: number, { ms }: Elapsed) => jobs / ms * 1000

/**
 * From the first call until all jobs have been executed and are stored, once all code is warm. Where events are told,
 * also until the last one has arrived at the sink.
 */
export const measureThroughput = Effect.fnUntraced(function*(job: JobOf<"Throughput">) {
  const { callers, jobs, profilePath, warmUpJobs } = job
  const seen = new Set<number>()
  const runner = yield* openRunner(job, (index) => seen.add(index))
  const all = warmUpJobs + jobs
  const pass = async (from: number, to: number) => {
    await handIn(runner.submit, from, to, callers)
    await runner.settled(to)
  }
  yield* Effect.promise(async () => {
    await pass(0, warmUpJobs)
    await runner.delivered?.(warmUpJobs)
  })
  const measured = Effect.promise(async () => {
    const readServer = watchServer(job.server?.pid, jobs)
    const read = stopwatch()
    await pass(warmUpJobs, all)
    const executed = read()
    const numbers = {
      jobsPerSecond: perSecond(jobs, executed),
      cpuMicrosPerJob: executed.cpuMicros / jobs,
      ...readServer()
    }
    if (runner.delivered === undefined) return numbers
    await runner.delivered(all)
    const delivered = read()
    return {
      ...numbers,
      deliveredJobsPerSecond: perSecond(jobs, delivered),
      deliveredCpuMicrosPerJob: delivered.cpuMicros / jobs
    }
  })
  const numbers: Readonly<Record<string, number>> = yield* profiled(profilePath, measured)
  if (seen.size !== all) yield* Effect.die(new Error(`${seen.size} of ${all} jobs were executed: void`))
  return numbers
})
