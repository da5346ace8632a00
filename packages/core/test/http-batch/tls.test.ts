import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { jobEvents } from "../fixtures.ts"
import { listen } from "./listen.ts"
import { balanced, emitAll, openTracker, transports } from "./openTracker.ts"
import { selfSigned } from "./tlsCertificate.ts"

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
      const host = yield* listen(server)
      const { logged, tracker, warning } = yield* openTracker({
        transport,
        endpoint: `https://${host}/v1/events`,
        shutdownTimeout: 0
      })
      yield* emitAll(tracker, yield* jobEvents(2))
      yield* tracker.flush()
      yield* warning
      assert.include(logged[0], "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.include(logged[0], "NODE_EXTRA_CA_CERTS")
      assert.deepInclude(yield* balanced(tracker), { delivered: 0, pending: 2 })
      assert.deepStrictEqual(received, [])
    }))
})
