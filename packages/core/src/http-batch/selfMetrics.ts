import { Context, Metric } from "effect"
import type { LossReason } from "../EventTracker.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Options } from "./options.ts"

const prefix = "durable_effect.tracker."
const componentType = "http_batch_tracker"

const never = () => undefined

/**
 * Numbers in use by trackers per metrics registry, so that each has a unique name and later trackers reuse freed ones.
 */
const numbersOf = new WeakMap<object, Set<number>>()

const takeNumber = (registry: object) => {
  const taken = numbersOf.get(registry) ?? new Set()
  numbersOf.set(registry, taken)
  let number = 0
  while (taken.has(number)) number += 1
  taken.add(number)
  return { number, free: () => taken.delete(number) }
}

/** Histogram boundaries, in seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface SelfMetrics {
  /** Records the end of a request. */
  readonly requested: (seconds: number, status: number | undefined, errorType: string | undefined) => void
  /** Writes the final counts and releases the tracker. */
  readonly close: () => void
}

/**
 * A tracker's own metrics, modelled on OpenTelemetry's SDK metrics. Counts are read from the ledger only when somebody
 * reads the metrics, so they cost nothing until then.
 */
export const selfMetrics = (
  context: Context.Context<never>,
  options: Options,
  deliveries: Deliveries
): SelfMetrics => {
  const { inFlight, ledger } = deliveries
  const name = takeNumber(Context.get(context, Metric.MetricRegistry))
  const url = new URL(options.url)
  const common = {
    "otel.component.name": `${componentType}/${name.number}`,
    "otel.component.type": componentType,
    "server.address": url.hostname,
    "server.port": url.port || (url.protocol === "https:" ? "443" : "80")
  }
  const ofEvents = { ...common, unit: "{event}" }
  const finals: Array<() => void> = []

  const register = <Input, State>(metric: Metric.Metric<Input, State>, get: () => State) => {
    const series = Metric.registerUnsafe(metric, context, { get, update: never, modify: never })
    finals.push(() => series.remove())
  }
  const gauge = (suffix: string, value: () => number) =>
    register(Metric.gauge(prefix + suffix, { attributes: ofEvents }), () => ({ value: value() }))
  const counter = (suffix: string, count: () => number, errorType?: string) => {
    const attributes = errorType === undefined ? ofEvents : { ...ofEvents, "error.type": errorType }
    const metric = Metric.counter(prefix + suffix, { attributes, incremental: true })
    const before = metric.valueUnsafe(context).count // from a closed tracker of this name: counters never decrease
    const total = () => before + count()
    register(metric, () => ({ count: total(), incremental: true }))
    finals.push(() => metric.updateUnsafe(total(), context))
  }

  // Events passed to `deliver` may be given back, and a counter never decreases.
  counter("event.emitted", () => ledger.emitted - ledger.delivering)
  gauge("processor.event.queue.size", () => ledger.pending - inFlight.events)
  gauge("processor.event.queue.capacity", () => options.maxPending)
  gauge("exporter.event.inflight", () => inFlight.events)
  // Each event counts in one series: lost before it was sent, or after. Sampled events are not errors.
  const processed = "processor.event.processed"
  const exported = "exporter.event.exported"
  const lost = (suffix: string, reason: LossReason, errorType: string = reason) =>
    counter(suffix, () => ledger.lostBy(reason), errorType)
  counter(processed, () => ledger.sent)
  lost(processed, "overflow", "queue_full")
  lost(processed, "unencodable")
  counter(processed, () => ledger.lostBy("shutdown") - ledger.cutOff, "shutdown")
  counter(exported, () => ledger.delivered)
  lost(exported, "rejected")
  lost(exported, "refused")
  lost(exported, "retriesExhausted", "retries_exhausted")
  counter(exported, () => ledger.cutOff, "shutdown")

  const duration = Metric.histogram(`${prefix}exporter.operation.duration`, {
    boundaries,
    attributes: { ...common, unit: "s" }
  })
  const durations = new Map<string, typeof duration>()
  return {
    requested: (seconds, status, errorType) => {
      const key = `${status} ${errorType}`
      const series = durations.get(key) ?? Metric.withAttributes(duration, {
        ...(status === undefined ? undefined : { "http.response.status_code": String(status) }),
        ...(errorType === undefined ? undefined : { "error.type": errorType })
      })
      durations.set(key, series)
      series.updateUnsafe(seconds, context)
    },
    close: () => {
      finals.forEach((final) => final())
      name.free()
    }
  }
}
