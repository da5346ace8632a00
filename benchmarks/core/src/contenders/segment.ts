import { Analytics, type AnalyticsSettings } from "@segment/analytics-node"
import { Effect } from "effect"
import { attributesOf } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** @segment/analytics-node over fetch; by default 15 events a request, without a bound to what it holds. */
export const segment = (settings: Omit<AnalyticsSettings, "writeKey">): Open => (url) =>
  Effect.sync(() => {
    const analytics = new Analytics({ writeKey: "benchmark", host: url, ...settings })
    let toldLost = 0
    let warnings = 0
    analytics.on("error", ({ code }) => {
      if (code === "delivery_failure") toldLost += 1 // one an event
      else warnings += 1
    })
    const loaded = new Loaded((event) => ({
      userId: event.instanceId,
      event: event.type,
      properties: attributesOf(event)
    }))
    return {
      load: loaded.load,
      emit: { kind: "call", at: (index) => analytics.track(loaded.at(index)) },
      flush: Effect.promise(() => analytics.flush()),
      close: Effect.promise(() => analytics.closeAndFlush()),
      account: Effect.sync(() => ({ toldLost, warnings }))
    } satisfies Client
  })
