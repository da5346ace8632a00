import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { tell } from "../../../harness/src/job.ts"
import type { Client } from "../contenders/Client.ts"
import { makeEvent, makeEvents } from "../event.ts"
import type { JobOf } from "../Job.ts"
import { emitAtPace, emitLoaded } from "./emitLoaded.ts"
import { around, openClient } from "./openClient.ts"

/** Larger than the requests that an endpoint with a limit takes. */
const oversizedText = "x".repeat(700_000)

/** Longest that closing may take: nobody's supervisor waits longer. */
const closeTimeoutMs = 90_000

/** Memory that is held: objects, and the bytes outside of the heap that they stand for. */
const heldMiB = () => {
  const { external, heapUsed } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

/** Follows how much memory is held, until the scope closes. */
const watchMemory = Effect.gen(function*() {
  globalThis.gc?.()
  const before = heldMiB()
  const seen = { before, peak: before }
  yield* Effect.sync(() => {
    seen.peak = Math.max(seen.peak, heldMiB())
  }).pipe(Effect.andThen(Effect.sleep(100)), Effect.forever, Effect.forkScoped)
  return seen
})

const emitAll = (client: Client, job: JobOf<"Fault">) => {
  if (job.perSecond === 0) {
    client.load(makeEvents(0, job.events))
    return emitLoaded(client.emit, 0, job.events)
  }
  const oversized = new Set(job.oversized)
  const make = (index: number) =>
    oversized.has(index) ? { ...makeEvent(index), executionId: oversizedText } : makeEvent(index)
  const pace = { perSecond: job.perSecond, burst: Math.max(1, Math.round(job.perSecond / 100)) }
  return emitAtPace(client, 0, job.events, pace, (count) => emitLoaded(client.emit, 0, count), make)
}

/** Ends once the client knows of each event how it went; at once where it does not count them. */
const untilAnswered = ({ account, flush }: Client) =>
  Effect.andThen(flush, account).pipe(
    Effect.repeat({
      until: ({ toldDelivered = 0, toldEmitted = 0, toldLost }) =>
        toldEmitted === 0 || toldDelivered + toldLost >= toldEmitted
    })
  )

/** Emits, closes as the library's documentation asks for, and tells what the library says of losses. */
export const measureFault = Effect.fnUntraced(function*(job: JobOf<"Fault">) {
  const client = yield* openClient(job.contender, job.url)
  const memory = yield* watchMemory
  yield* tell({ _tag: "Started" })
  yield* around(client, emitAll(client, job))
  const start = performance.now()
  const close = job.isPatient ? Effect.andThen(untilAnswered(client), client.close) : client.close
  const closed = yield* Effect.timeoutOption(close, closeTimeoutMs)
  return {
    ...(yield* client.account),
    emitted: job.events,
    closeMs: performance.now() - start,
    isClosed: closed._tag === "Some" ? 1 : 0,
    memoryGrowthMiB: memory.peak - memory.before,
    peakRssMiB: process.resourceUsage().maxRSS / 1024
  }
})
