import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import type { Client, Emit } from "../contenders/Client.ts"
import { type BenchEvent, makeEvent } from "../event.ts"

/** Emits the loaded events `from` … `to - 1` in the fiber that runs this. */
export const emitLoaded = Effect.fnUntraced(function*(emit: Emit, from: number, to: number) {
  if (emit.kind === "call") { for (let index = from; index < to; index++) emit.at(index) }
  else for (let index = from; index < to; index++) yield* emit.at(index)
})

/** How fast events are emitted. */
export interface Pace {
  readonly perSecond: number
  /** Between two bursts other fibers and the event loop run. */
  readonly burst: number
  /** Whether the next burst has to wait although it is due. Default: never. */
  readonly isHeld?: () => boolean
}

/**
 * Emits events `from` … `to - 1` in bursts at a steady pace; one that comes too late is made up for at once. `emitBurst`
 * emits the first `count` events that are loaded.
 */
export const emitAtPace = Effect.fnUntraced(function*<E, R>(
  client: Client,
  from: number,
  to: number,
  { burst, isHeld = () => false, perSecond }: Pace,
  emitBurst: (count: number) => Effect.Effect<void, E, R>,
  make: (index: number) => BenchEvent = makeEvent
) {
  const start = performance.now()
  for (let next = from; next < to; next += burst) {
    const end = Math.min(next + burst, to)
    client.load(Array.from({ length: end - next }, (_, index) => make(next + index)))
    const dueInMs = start + (next - from) / perSecond * 1000 - performance.now()
    yield* dueInMs > 0 ? Effect.sleep(dueInMs) : Effect.yieldNow
    while (isHeld()) yield* Effect.sleep(1)
    yield* emitBurst(end - next)
  }
})
