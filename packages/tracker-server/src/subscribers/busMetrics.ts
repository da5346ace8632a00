import { Effect, Metric } from "effect"
import { busConnected, busLag, busListening, busRedeliveries } from "../metrics/catalogue.ts"
import type { BusStatus } from "./BusListener.ts"

/** Publishes a server's bus state as metrics too. */
export const makeBusMetrics = () => {
  const counted = new Map<string, number>()
  return Effect.fnUntraced(function*({ connected, topics }: BusStatus) {
    yield* Metric.update(busConnected, connected ? 1 : 0)
    for (const [topic, { fault, lag, redeliveries }] of Object.entries(topics)) {
      yield* Metric.update(busListening(topic), connected && fault === null ? 1 : 0)
      if (lag !== null) yield* Metric.update(busLag(topic), lag)
      const more = redeliveries - (counted.get(topic) ?? 0)
      counted.set(topic, redeliveries)
      yield* Metric.update(busRedeliveries(topic), more)
    }
  })
}
