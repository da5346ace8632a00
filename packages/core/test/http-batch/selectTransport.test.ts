import { startEndpoint } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { type PlatformGlobals, transportFor } from "../../src/http-batch/selectTransport.ts"
import { createHttpBatchTracker } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, configFor, emitAll, openTracker } from "./openTracker.ts"

const process = { versions: { node: "24.0.0" } }

const platforms: ReadonlyArray<readonly [string, PlatformGlobals, "node" | "fetch"]> = [
  ["Node", { process }, "node"],
  ["Node with a navigator", { process, navigator: { userAgent: "Node.js/24" } }, "node"],
  ["Bun", { process: { versions: { node: "24.0.0", bun: "1.3.0" } } }, "fetch"],
  ["Deno", { process, navigator: { userAgent: "Deno/2.5.0" }, Deno: { version: { deno: "2.5.0" } } }, "fetch"],
  ["a Worker", { navigator: { userAgent: "Cloudflare-Workers" } }, "fetch"],
  ["a Worker with nodejs_compat", { process, navigator: { userAgent: "Cloudflare-Workers" } }, "fetch"],
  ["a browser", { navigator: { userAgent: "Mozilla/5.0" } }, "fetch"],
  ["a browser with a process of a bundler", { process: {}, navigator: { userAgent: "Mozilla/5.0" } }, "fetch"]
]

describe("the transport of HttpBatch", () => {
  it.each(platforms)("fits %s", (_, globals, transport) => {
    assert.strictEqual(transportFor(globals), transport)
  })

  it.live("opens without waiting, so that a tracker can be made by runSync", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const scope = Scope.makeUnsafe()
      const tracker = Effect.runSync(Scope.provide(createHttpBatchTracker(configFor(endpoint)), scope))
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* Scope.close(scope, Exit.void)
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("leaves turns to the event loop, also of a tracker made by runSync", () =>
    Effect.gen(function*() {
      let encoded = 0
      const endpoint = yield* startEndpoint()
      const scope = Scope.makeUnsafe()
      const config = configFor(endpoint, {
        redact: (event) => {
          encoded += 1
          return event
        }
      })
      const tracker = Effect.runSync(Scope.provide(createHttpBatchTracker(config), scope))
      const events = yield* jobEvents(2000)
      events.forEach((event) => Effect.runSync(tracker.emit(event)))
      const seen = new Set<number>()
      while (encoded < events.length) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        seen.add(encoded)
      }
      assert.isAbove(seen.size, 3)
      yield* Scope.close(scope, Exit.void)
    }))

  it.live("is node:http where nothing is said, which here is Node", () =>
    Effect.gen(function*() {
      const requests = yield* Effect.forEach([undefined, "node", "fetch"] as const, (transport) =>
        Effect.gen(function*() {
          const { endpoint, tracker } = yield* openTracker({ transport })
          yield* Effect.flatMap(jobEvents(1), (events) =>
            emitAll(tracker, events))
          yield* tracker.flush()
          return (yield* endpoint.requests())[0]
        }))
      const [unsaid, node, fetch] = requests.map((request) =>
        Object.keys(request?.headers ?? {}).toSorted()
      )
      assert.deepStrictEqual(unsaid, node)
      assert.notDeepEqual(unsaid, fetch)
    }))
})
