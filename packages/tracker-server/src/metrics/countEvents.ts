import { Effect } from "effect"
import { RejectionCode } from "../api/views.ts"
import { eventsAccepted, eventsDuplicate, eventsRejected } from "./catalogue.ts"
import { metricContext } from "./observe.ts"

/** Counts ingest results. All reasons exist from the start, so that the first rejection shows as an increase. */
export const countEvents = Effect.map(metricContext, (context) => {
  const metrics = new Map<string, typeof eventsAccepted>(
    RejectionCode.literals.map((code) => [code, eventsRejected(code)])
  )
  metrics.set("accepted", eventsAccepted)
  metrics.set("duplicate", eventsDuplicate)
  for (const metric of metrics.values()) metric.updateUnsafe(0, context)
  return (counts: ReadonlyMap<string, number>): void => {
    for (const [verdict, count] of counts) metrics.get(verdict)?.updateUnsafe(count, context)
  }
})
