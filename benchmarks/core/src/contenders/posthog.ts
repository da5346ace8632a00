import { Effect } from "effect"
import { PostHog, type PostHogOptions } from "posthog-node"
import { attributesOf } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** posthog-node over fetch; by default it sends from 20 events on, up to 100 a request, gzipped, and holds 10,000. */
export const posthog = (options: PostHogOptions): Open => (url) =>
  Effect.sync(() => {
    const client = new PostHog("phc_benchmark", { host: url, ...options })
    let warnings = 0
    client.on("error", () => {
      warnings += 1
    })
    const loaded = new Loaded((event) => ({
      distinctId: event.instanceId,
      event: event.type,
      properties: attributesOf(event)
    }))
    const attempt = (promise: () => Promise<void>) =>
      Effect.tryPromise(promise).pipe(Effect.orElseSucceed(() => {
        warnings += 1
      }))
    return {
      load: loaded.load,
      emit: { kind: "call", at: (index) => client.capture(loaded.at(index)) },
      flush: attempt(() => client.flush()),
      close: attempt(() => client.shutdown()),
      account: Effect.sync(() => ({ toldLost: 0, warnings }))
    } satisfies Client
  })
