import { emitEvent, NoopTrackerLayer } from "@durable-effect/core"
import { Continuous, createJobRegistry, createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { median } from "../../../harness/src/statistics.ts"
import { makeEvent } from "../event.ts"
import type { JobOf } from "../Job.ts"

const Count = Schema.Struct({ n: Schema.Int })
const event = makeEvent(0)

/** A job that counts; with `emits`, it tells of it, to a tracker that takes nothing. */
const startJob = async (emits: boolean) => {
  const definition = Continuous.make({
    stateSchema: Count,
    schedule: Continuous.every("1 hour"),
    execute: (ctx) => {
      const work = ctx.updateState(({ n }) => ({ n: n + 1 }))
      return emits ? Effect.andThen(work, emitEvent(event)) : work
    }
  })
  const runtime = createJobsRuntime(createJobRegistry({ count: definition }), {
    host: JobsHost.memory,
    ...(emits ? { tracker: NoopTrackerLayer } : undefined)
  })
  const client = runtime.client.continuous("count")
  await client.start({ id: "a", input: { n: 0 } })
  const trigger = async (calls: number) => {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call++) await client.trigger({ id: "a" })
    const cpu = process.cpuUsage(before)
    return (cpu.user + cpu.system) / calls
  }
  return { trigger, dispose: runtime.dispose }
}

/**
 * Calls a job that emits to the noop tracker and one without any tracking, in turns within one process: what is looked
 * for is smaller than the difference between two processes.
 */
export const measureNoop = ({ callsPerBlock, pairs }: JobOf<"Noop">) =>
  Effect.promise(async () => {
    const silent = await startJob(false)
    const emitting = await startJob(true)
    const ratios: Array<number> = []
    const silentMicros: Array<number> = []
    for (let pair = 0; pair < pairs + 2; pair++) {
      const isSilentFirst = pair % 2 === 0
      const first = await (isSilentFirst ? silent : emitting).trigger(callsPerBlock)
      const second = await (isSilentFirst ? emitting : silent).trigger(callsPerBlock)
      if (pair < 2) continue // warm-up
      ratios.push(isSilentFirst ? second / first : first / second)
      silentMicros.push(isSilentFirst ? first : second)
    }
    await silent.dispose()
    await emitting.dispose()
    return { ratio: median(ratios), cpuMicrosPerCall: median(silentMicros) }
  })
