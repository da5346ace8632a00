import { Context, Metric } from "effect"
import type { LossReason } from "../EventTracker.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Options } from "./options.ts"

const prefix = "durable_effect.tracker."
const componentType = "http_batch_tracker"

/** Reasons and what OpenTelemetry calls such a loss. What `sample` leaves out is no error. */
type Losses = ReadonlyArray<readonly [LossReason, string]>
const lostBefore: Losses = [["overflow", "queue_full"], ["unencodable", "unencodable"], ["shutdown", "shutdown"]]
const notTaken: Losses = [["rejected", "rejected"], ["refused", "refused"], ["retriesExhausted", "retries_exhausted"]]

const never = () => undefined

/** Numbers of the trackers that report to a registry, so that each has a name and a later one takes a free name again. */
const numbersOf = new WeakMap<object, Set<number>>()

const takeNumber = (registry: object) => {
  const taken = numbersOf.get(registry) ?? new Set()
  numbersOf.set(registry, taken)
  let number = 0
  while (taken.has(number)) number += 1
  taken.add(number)
  return { number, free: () => taken.delete(number) }
}

/** Seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface SelfMetrics {
  /** A request has ended. */
  readonly requested: (seconds: number, status: number | undefined, errorType: string | undefined) => void
  /** Leaves the final counts, and lets go of the tracker. */
  readonly close: () => void
}

/**
 * A tracker's own metrics, in the shape of OpenTelemetry's SDK metrics. Counts are read from the books when somebody reads
 * the metrics: they cost nothing until then.
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

  const gauge = (suffix: string, value: () => number) => {
    const metric = Metric.gauge(prefix + suffix, { attributes: ofEvents })
    const hooks = { get: () => ({ value: value() }), update: never, modify: never }
    const series = Metric.registerUnsafe(metric, context, hooks)
    finals.push(() => series.remove())
  }
  const counter = (suffix: string, count: () => number, errorType?: string) => {
    const attributes = errorType === undefined ? ofEvents : { ...ofEvents, "error.type": errorType }
    const metric = Metric.counter(prefix + suffix, { attributes, incremental: true })
    const before = metric.valueUnsafe(context).count // of a tracker of this name that has closed: no count ever falls
    const total = () => before + count()
    const hooks = { get: () => ({ count: total(), incremental: true }), update: never, modify: never }
    const series = Metric.registerUnsafe(metric, context, hooks)
    finals.push(() => {
      series.remove()
      metric.updateUnsafe(total(), context)
    })
  }

  // What was handed over may be handed back, and a count never falls.
  counter("event.emitted", () => ledger.emitted - ledger.handed)
  gauge("processor.event.queue.size", () => ledger.pending - inFlight.events)
  gauge("processor.event.queue.capacity", () => options.maxPending)
  gauge("exporter.event.inflight", () => inFlight.events)
  counter("processor.event.processed", () => ledger.sent)
  counter("exporter.event.exported", () => ledger.delivered)
  for (const [reason, errorType] of lostBefore) {
    counter("processor.event.processed", () => ledger.lostBy(reason), errorType)
  }
  for (const [reason, errorType] of notTaken) {
    counter("exporter.event.exported", () => ledger.lostBy(reason), errorType)
  }

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
