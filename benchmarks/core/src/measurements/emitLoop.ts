import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { profiled } from "../../../harness/src/profile.ts"
import { percentile } from "../../../harness/src/statistics.ts"
import { untilArrived } from "../../../harness/src/untilArrived.ts"
import type { Client } from "../contenders/Client.ts"
import { contenders } from "../contenders/index.ts"
import { makeEvents } from "../event.ts"
import type { JobOf } from "../Job.ts"
import { emitLoaded } from "./emitLoaded.ts"
import { openClient } from "./openClient.ts"

/** Emits in one loop of a fiber. Fewer operations than a fiber may do before it has to let others run. */
const eventsPerLoop = 1000

const nanosPerEmit = Effect.fnUntraced(function*(client: Client) {
  const start = performance.now()
  yield* emitLoaded(client.emit, 0, eventsPerLoop)
  return (performance.now() - start) / eventsPerLoop * 1e6
})

/**
 * Emits in a loop, in the way that a fiber does anything in a loop; between two loops delivery catches up. Beside what
 * does not deliver, our tracker delivers as much: what it leaves of the processor's caches is part of what is compared.
 */
export const measureEmitLoop = Effect.fnUntraced(function*(job: JobOf<"EmitLoop">) {
  const client = yield* openClient(job.contender, job.url)
  const deliverer = contenders[job.contender].delivers ? client : yield* openClient("ours-node", job.url)
  const arrivals = new Arrivals(job.arrivalsPath, "read")
  const before = arrivals.read().events
  const { window } = contenders["ours-node"]
  let emitted = 0
  const run = Effect.gen(function*() {
    const events = makeEvents(emitted, emitted + eventsPerLoop)
    client.load(events)
    yield* untilArrived(arrivals, before + emitted - (window - eventsPerLoop))
    if (deliverer !== client) {
      deliverer.load(events)
      yield* emitLoaded(deliverer.emit, 0, eventsPerLoop)
    }
    yield* Effect.yieldNow
    emitted += eventsPerLoop
    return yield* nanosPerEmit(client)
  })
  yield* Effect.replicateEffect(run, job.warmUpLoops, { discard: true })
  const nanos = yield* profiled(job.profilePath, Effect.replicateEffect(run, job.loops))
  yield* deliverer.flush
  yield* untilArrived(arrivals, before + emitted)
  yield* deliverer.close
  return { nsPerEmit: percentile(nanos, 0.5) }
})
