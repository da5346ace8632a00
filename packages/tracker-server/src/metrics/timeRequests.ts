import { Effect, type Metric } from "effect"
import { routeOf } from "../http/allowedMethods.ts"
import { requestDuration } from "./catalogue.ts"
import { metricContext } from "./observe.ts"

/** Clients choose the method freely: only these become labels. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Records request durations by route template, never by URL. */
export const timeRequests = Effect.map(metricContext, (context) => {
  const metrics = new Map<string, Metric.Histogram<number>>()
  return (method: string, url: string, status: number | undefined, seconds: number): void => {
    const labels = {
      method: methods.has(method) ? method : "other",
      route: routeOf(url) ?? "unknown",
      // The client disconnected before the response.
      status: status === undefined ? "none" : String(status)
    }
    const key = `${labels.method} ${labels.status} ${labels.route}`
    const metric = metrics.get(key) ?? requestDuration(labels)
    metrics.set(key, metric)
    metric.updateUnsafe(seconds, context)
  }
})
