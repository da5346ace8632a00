import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { profiled } from "../../../harness/src/profile.ts"
import { median } from "../../../harness/src/statistics.ts"
import { untilArrived } from "../../../harness/src/untilArrived.ts"
import type { Client } from "../contenders/Client.ts"
import { contenders } from "../contenders/index.ts"
import { makeEvents } from "../event.ts"
import type { JobOf } from "../Job.ts"
import { emitLoaded } from "./emitLoaded.ts"
import { around, openClient } from "./openClient.ts"

const burst = 100

/** Emits as fast as events arrive, never more than the window ahead of them. */
const emitWithinWindow = Effect.fnUntraced(function*(
  client: Client,
  arrivals: Arrivals,
  window: number,
  events: number
) {
  const before = arrivals.read().events
  for (let next = 0; next < events;) {
    if (next - (arrivals.read().events - before) > window - burst) {
      yield* Effect.sleep(1)
      continue
    }
    const end = Math.min(next + burst, events)
    yield* emitLoaded(client.emit, next, end)
    next = end
    yield* Effect.yieldNow
  }
})

/** Delivers all events, and answers what that took. A client's own bare loop goes first, where it has one. */
const deliverAll = Effect.fnUntraced(function*(client: Client, arrivals: Arrivals, window: number, events: number) {
  const before = arrivals.read()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  yield* client.sendAll === undefined
    ? around(client, emitWithinWindow(client, arrivals, window, events))
    : client.sendAll(0, events)
  yield* client.flush
  yield* untilArrived(arrivals, before.events + events)
  const seconds = (performance.now() - start) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  const after = arrivals.read()
  return {
    cpuMicrosPerEvent: (cpu.user + cpu.system) / events,
    eventsPerSecond: events / seconds,
    wireBytesPerEvent: (after.wireBytes - before.wireBytes) / events,
    eventsPerRequest: events / (after.requests - before.requests)
  }
})

const medians = <Name extends string>(
  names: ReadonlyArray<Name>,
  passes: ReadonlyArray<Readonly<Record<Name, number>>>
) => Object.fromEntries(names.map((name) => [name, median(passes.map((pass) => pass[name]))]))

/**
 * CPU of this process and time from the first emit until the last event has arrived, in the median of a few passes, once
 * all code is warm. No garbage is collected by force before: that throws compiled code away too.
 */
export const measureDelivery = Effect.fnUntraced(function*(job: JobOf<"Delivery">) {
  const client = yield* openClient(job.contender, job.url)
  const arrivals = new Arrivals(job.arrivalsPath, "read")
  client.load(makeEvents(0, job.eventsPerPass))
  const pass = deliverAll(client, arrivals, contenders[job.contender].window, job.eventsPerPass)
  const warmUntil = performance.now() + job.warmUpMs
  while (performance.now() < warmUntil) yield* pass
  const passes = yield* profiled(job.profilePath, Effect.replicateEffect(pass, job.passes))
  yield* client.close
  return medians(["cpuMicrosPerEvent", "eventsPerSecond", "wireBytesPerEvent", "eventsPerRequest"], passes)
})
