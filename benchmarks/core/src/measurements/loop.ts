import { Effect } from "effect"
import { monitorEventLoopDelay, performance } from "node:perf_hooks"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { profiled } from "../../../harness/src/profile.ts"
import type { JobOf } from "../Job.ts"
import { emitAtPace, emitLoaded } from "./emitLoaded.ts"
import { around, openClient } from "./openClient.ts"

/** The monitor looks once in so many milliseconds, and counts them as delay. */
const resolution = 1

/** How late the event loop comes while events are emitted at a high pace: what a server's other requests would feel. */
export const measureLoop = Effect.fnUntraced(function*(job: JobOf<"Loop">) {
  const client = yield* openClient(job.contender, job.url)
  const arrivals = new Arrivals(job.arrivalsPath, "read")
  const pace = { perSecond: job.perSecond, burst: Math.ceil(job.perSecond / 1000) }
  const emitBurst = (count: number) => emitLoaded(client.emit, 0, count)
  const monitor = monitorEventLoopDelay({ resolution })
  const before = arrivals.read().events
  let start = 0
  let end = 0
  const emitter = Effect.gen(function*() {
    yield* emitAtPace(client, 0, job.warmUpEvents, pace, emitBurst)
    monitor.enable()
    start = performance.now()
    const emitting = emitAtPace(client, job.warmUpEvents, job.warmUpEvents + job.events, pace, emitBurst)
    yield* profiled(job.profilePath, emitting)
    end = performance.now()
    monitor.disable()
  })
  yield* around(client, emitter)
  yield* client.flush
  yield* client.close
  return {
    maxMs: monitor.max / 1e6 - resolution,
    p99Ms: monitor.percentile(99) / 1e6 - resolution,
    emittedPerSecond: job.events / (end - start) * 1000,
    arrivedShare: (arrivals.read().events - before) / (job.warmUpEvents + job.events)
  }
})
