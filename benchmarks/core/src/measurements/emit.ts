import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { profiled } from "../../../harness/src/profile.ts"
import { percentile } from "../../../harness/src/statistics.ts"
import { untilArrived } from "../../../harness/src/untilArrived.ts"
import type { Client, Emit } from "../contenders/Client.ts"
import { contenders } from "../contenders/index.ts"
import type { JobOf } from "../Job.ts"
import { emitAtPace, type Pace } from "./emitLoaded.ts"
import { around, openClient } from "./openClient.ts"

const burst = 100

/** Times in milliseconds, as many as there is room for. */
class Samples {
  readonly #values: Float64Array
  #count = 0

  constructor(room: number) {
    this.#values = new Float64Array(room)
  }

  add(value: number): void {
    this.#values[this.#count++] = value
  }

  nanosAt(share: number): number {
    return percentile(this.#values.subarray(0, this.#count), share) * 1e6
  }
}

/** Each emit on its own: the time around it, the timer's included. */
const timeEach = Effect.fnUntraced(function*(emit: Emit, count: number, samples: Samples) {
  if (emit.kind === "call") {
    for (let index = 0; index < count; index++) {
      const start = performance.now()
      emit.at(index)
      samples.add(performance.now() - start)
    }
  } else {
    for (let index = 0; index < count; index++) {
      const start = performance.now()
      yield* emit.at(index)
      samples.add(performance.now() - start)
    }
  }
})

/** What two readings of the clock take, which is in every sample. */
const timeTimer = (samples: Samples) => {
  for (let index = 0; index < burst; index++) {
    const start = performance.now()
    samples.add(performance.now() - start)
  }
}

const measure = Effect.fnUntraced(function*(client: Client, job: JobOf<"Emit">, pace: Pace) {
  const each = new Samples(job.events)
  const timer = new Samples(job.events)
  const emitBurst = (count: number) => {
    timeTimer(timer)
    return timeEach(client.emit, count, each)
  }
  yield* emitAtPace(client, job.warmUpEvents, job.warmUpEvents + job.events, pace, emitBurst)
  const timerNs = timer.nanosAt(0.5)
  return {
    timerNs,
    medianNs: each.nanosAt(0.5) - timerNs,
    p99Ns: each.nanosAt(0.99) - timerNs,
    p999Ns: each.nanosAt(0.999) - timerNs
  }
})

/** Emits at a pace that everyone can deliver, and times it as the emitting fiber sees it. */
export const measureEmit = Effect.fnUntraced(function*(job: JobOf<"Emit">) {
  const client = yield* openClient(job.contender, job.url)
  const arrivals = new Arrivals(job.arrivalsPath, "read")
  const before = arrivals.read().events
  const { delivers, window } = contenders[job.contender]
  let emitted = 0
  // On a busy machine a queue may fill all the same, and dropping is cheaper than what is measured.
  const pace: Pace = {
    perSecond: job.perSecond,
    burst,
    isHeld: () => {
      const isHeld = delivers && emitted - (arrivals.read().events - before) > window - burst
      if (!isHeld) emitted += burst
      return isHeld
    }
  }
  const emitter = Effect.gen(function*() {
    const unused = new Samples(job.warmUpEvents)
    yield* emitAtPace(client, 0, job.warmUpEvents, pace, (count) => timeEach(client.emit, count, unused))
    return yield* profiled(job.profilePath, measure(client, job, pace))
  })
  const numbers = yield* around(client, emitter)
  yield* client.flush
  if (delivers) yield* untilArrived(arrivals, before + job.warmUpEvents + job.events)
  yield* client.close
  return numbers
})
