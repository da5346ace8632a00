import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, openTracker, transports } from "./openTracker.ts"
import { selfSigned } from "./tlsCertificate.ts"

/** Serves on a free port of a host, for the test's scope. Fails where the host cannot be bound. */
const listen = (server: Http.Server, host: string) =>
  Effect.acquireRelease(
    Effect.callback<string, Error>((resume) => {
      server.once("error", (error) => resume(Effect.fail(error)))
      server.listen(0, host, () => {
        const address = server.address()
        const port = typeof address === "string" ? 0 : address?.port
        resume(Effect.succeed(`${host.includes(":") ? `[${host}]` : host}:${port}`))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

describe.each(transports)("HttpBatch on $name", ({ transport }) => {
  it.live("delivers to an IPv6 address", () =>
    Effect.gen(function*() {
      const hosts: Array<string | undefined> = []
      const server = Http.createServer((request, response) => {
        hosts.push(request.headers.host)
        response.end("{}")
      })
      const host = yield* listen(server, "::1")
      const { tracker } = yield* openTracker({ transport, endpoint: `http://${host}/v1/events` })
      yield* emitAll(tracker, yield* jobEvents(2))
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, retries: 0 })
      assert.deepStrictEqual(hosts, [host])
    }))

  it.live("sends nothing to a server whose certificate nobody trusts, and names the code of TLS", () =>
    Effect.gen(function*() {
      const received: Array<string | undefined> = []
      const server = Https.createServer(selfSigned(), (request, response) => {
        received.push(request.url)
        response.end("{}")
      })
      const host = yield* listen(server, "127.0.0.1")
      const { logged, tracker, warning } = yield* openTracker({
        transport,
        endpoint: `https://${host}/v1/events`,
        shutdownTimeout: 0
      })
      yield* emitAll(tracker, yield* jobEvents(2))
      yield* tracker.flush()
      yield* warning
      assert.include(logged[0], "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.deepInclude(yield* balanced(tracker), { delivered: 0, pending: 2 })
      assert.deepStrictEqual(received, [])
    }))
})
