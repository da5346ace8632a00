import { Effect } from "effect"
import type { Open } from "./Client.ts"
import { rawLoop } from "./rawLoop.ts"

const headers = { "content-type": "application/json" }

/** The bare loop over the platform's fetch. */
export const rawFetch: Open = (url) =>
  Effect.sync(() =>
    rawLoop(async (body) => {
      const response = await fetch(`${url}/v1/events`, { method: "POST", headers, body })
      await response.text()
      if (!response.ok) throw new Error(`status ${response.status}`)
    })
  )
