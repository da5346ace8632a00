import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { median } from "../../../harness/src/statistics.ts"
import type { JobOf } from "../Job.ts"
import { flatness } from "./flatness.ts"
import { Load } from "./Load.ts"
import { openWriter } from "./openWriter.ts"
import { watchUsage } from "./usage.ts"

/** What a process has in memory, MB; undefined on a system without `/proc`. */
const rssMb = (pid: number): number | undefined => {
  try {
    const [, kB] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return kB === undefined ? undefined : Number(kB) * 1024 / 1_000_000
  } catch {
    return undefined
  }
}

/** The median of each tenth, by name. */
const byTenths = (samples: ReadonlyArray<number>): Readonly<Record<string, number>> =>
  Object.fromEntries(Array.from({ length: 10 }, (_, tenth) => {
    const [from, to] = [tenth, tenth + 1].map((bound) => Math.floor(samples.length * bound / 10))
    return [`rssMbOfTenth${tenth + 1}`, median(samples.slice(from, to))]
  }))

/** How much memory the server takes, asked all the while that it is kept as busy as it can be. */
export const measureMemory = Effect.fnUntraced(function*(job: JobOf<"Memory">) {
  const { connections, measuredMs, sampleEveryMs, server, warmUpMs } = job
  const writer = yield* openWriter(job)
  return yield* Effect.promise(async () => {
    const load = new Load(writer, connections)
    await load.goOn(warmUpMs)
    const storedBefore = load.stored
    const read = watchUsage(job)
    const samples: Array<number> = []
    const start = performance.now()
    while (samples.length * sampleEveryMs < measuredMs) {
      await load.pause(Math.max(0, start + (samples.length + 1) * sampleEveryMs - performance.now()))
      const sample = server === undefined ? undefined : rssMb(server.pid)
      if (sample === undefined) return {}
      samples.push(sample)
    }
    const numbers = read(load.stored - storedBefore)
    const stored = await load.stop()
    return {
      ...numbers,
      refusedPerEvent: writer.refused() / stored,
      rssMbMax: Math.max(...samples),
      ...flatness(samples),
      ...byTenths(samples)
    }
  })
})
