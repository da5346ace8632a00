import { Clock, Effect, Layer } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { version } from "../version.ts"
import { buildInfo, cpuSeconds, eventLoopDelay, heapUsed, residentMemory, startTime } from "./catalogue.ts"
import { observe, observeTotal } from "./observe.ts"

const cpu = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1_000_000
}

/** The process's resource usage, read on demand. */
export const layer: Layer.Layer<never> = Layer.effectDiscard(Effect.gen(function*() {
  const startedAt = (yield* Clock.currentTimeMillis) / 1_000 - process.uptime()
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const delay = monitorEventLoopDelay({ resolution: 20 })
      delay.enable()
      return delay
    }),
    (delay) => Effect.sync(() => delay.disable())
  )
  yield* observe(residentMemory, () => process.memoryUsage.rss())
  yield* observe(heapUsed, () => process.memoryUsage().heapUsed)
  yield* observe(startTime, () => startedAt)
  yield* observe(buildInfo(version), () => 1)
  yield* observeTotal(cpuSeconds, cpu)
  yield* observe(eventLoopDelay, () => {
    const nanos = delay.percentile(99)
    delay.reset()
    return nanos / 1_000_000_000
  })
}))
