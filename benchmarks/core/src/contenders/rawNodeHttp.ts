import { Effect } from "effect"
import * as Http from "node:http"
import type { Open } from "./Client.ts"
import { rawLoop } from "./rawLoop.ts"

/** The bare loop over `node:http` with connections that are kept. */
export const rawNodeHttp: Open = (url) =>
  Effect.sync(() => {
    const agent = new Http.Agent({ keepAlive: true })
    const target = `${url}/v1/events`
    return rawLoop((body) => {
      const { promise, reject, resolve } = Promise.withResolvers<void>()
      const bytes = Buffer.from(body)
      const headers = { "content-type": "application/json", "content-length": bytes.length }
      const request = Http.request(target, { method: "POST", agent, headers }, (response) => {
        const { statusCode = 0 } = response
        response.resume()
        response.on("error", reject)
        response.on("end", () => statusCode < 300 ? resolve() : reject(new Error(`status ${statusCode}`)))
      })
      request.on("error", reject)
      request.end(bytes)
      return promise
    })
  })
