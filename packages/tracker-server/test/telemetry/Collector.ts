import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { Changes } from "../support/Changes.ts"

/** Takes what OpenTelemetry sends, over real HTTP. */
export interface Collector {
  readonly url: string
  /** What has come so far at a path such as `/v1/traces`. */
  readonly received: (path: string) => string
  readonly until: (isSo: () => boolean) => Effect.Effect<void>
}

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null

/** @param answer what it does with each request; by default it says that all is well */
export const startCollector = (
  answer: (response: ServerResponse) => void = (response) => void response.end("{}")
): Effect.Effect<Collector, never, Scope.Scope> =>
  Effect.gen(function*() {
    const changes = new Changes()
    const bodies = new Map<string, string>()
    const take = async (request: IncomingMessage, response: ServerResponse) => {
      const body = await text(request)
      const path = request.url ?? ""
      bodies.set(path, (bodies.get(path) ?? "") + body)
      answer(response)
      changes.note()
    }
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((request, response) => void take(request, response))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address()
    return {
      url: `http://127.0.0.1:${isAddress(address) ? address.port : 0}`,
      received: (path) => bodies.get(path) ?? "",
      until: (isSo) => changes.until(isSo)
    }
  })
