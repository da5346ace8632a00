import { Effect } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { JobOf } from "../Job.ts"
import { openSleepers } from "../sleepers.ts"

/** Lets a runtime do at its leisure what it does when it has opened. */
const settleMs = 500

/** Memory that is held: objects, and the bytes outside of the heap that they stand for. */
const held = () => {
  globalThis.gc?.()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { bytes: heapUsed + external, rss }
}

const open = async (file: string) => {
  const { runtime, status } = openSleepers(file)
  await runtime.ready()
  await status(0)
  await sleep(settleMs)
  return runtime
}

/** By how much the heap of a runtime grows with the instances of its file, beside one whose file is empty. */
export const measureMemory = Effect.fnUntraced(function*(job: JobOf<"Memory">) {
  return yield* Effect.promise(async () => {
    // All code is loaded before the first look, and an empty runtime is part of it.
    const empty = await open(join(job.folder, "empty.db"))
    const before = held()
    const full = await open(job.sleepersFile)
    const after = held()
    await full.dispose()
    await empty.dispose()
    return {
      heapBytesPerInstance: (after.bytes - before.bytes) / job.sleepers,
      rssBytesPerInstance: (after.rss - before.rss) / job.sleepers
    }
  })
})
