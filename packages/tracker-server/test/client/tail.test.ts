import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import type { ClientError, StreamMessage } from "../../src/client/index.ts"
import { createTrackerClient, tail, TrackerClient, Unauthorized, Unreachable } from "../../src/client/index.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { testServer } from "../http/server.ts"
import { Changes } from "../support/Changes.ts"
import { cuttableProxy } from "../support/CuttableProxy.ts"

class Shared extends Context.Service<Shared, Effect.Success<ReturnType<typeof testServer>>>()("test/Shared") {}

const event = (id: string, planId = `plan of ${id}`) => planStarted(id, { data: { plan_id: planId } })

/** A way to the file's server, and a key of a tenant that nobody else uses. */
const setUp = (tenantId: string) =>
  Effect.gen(function*() {
    const { makeKey, url } = yield* Shared
    const key = yield* makeKey(tenantId, "ingest", "query")
    const admin = yield* makeKey(tenantId, "admin")
    const proxy = yield* cuttableProxy(url)
    const { send } = clientOf(url, key.secret)
    return {
      proxy,
      apiKey: key.secret,
      keyId: key.id,
      revoke: (id: string) => Effect.promise(() => createTrackerClient({ url, apiKey: admin.secret }).revokeKey(id)),
      send: (...events: ReadonlyArray<object>) => Effect.map(send(batch(...events)), verdicts)
    }
  })

const idOf = (message: StreamMessage) => message.event === "tracking" ? message.data.event_id : message.event

/** Reads a tail as a fiber of the scope, and notes all that it is told. */
const read = (options: { readonly url: string; readonly apiKey: string; readonly planId?: string }) =>
  Effect.gen(function*() {
    const changes = new Changes()
    const seen: Array<string> = []
    const lost: Array<ClientError> = []
    let opened = 0
    const noted = (change: () => void) => {
      change()
      changes.note()
    }
    const fiber = yield* tail({
      planId: options.planId,
      onOpen: () => noted(() => opened++),
      onLost: (error) => noted(() => lost.push(error))
    }).pipe(
      Stream.runForEach((message) => Effect.sync(() => noted(() => seen.push(idOf(message))))),
      Effect.provide(TrackerClient.layer(options)),
      Effect.provide(FetchHttpClient.layer),
      Effect.forkScoped
    )
    return {
      fiber,
      seen,
      lost,
      untilOpened: (times: number) => changes.until(() => opened === times),
      untilLost: (times: number) => changes.until(() => lost.length === times),
      untilSeen: (count: number) => changes.until(() => seen.length >= count)
    }
  })

/** What it fails with under a key that nobody made. */
const failure = (url: string) =>
  Effect.flatMap(read({ url, apiKey: "dek_none" }), ({ fiber }) => Effect.flip(Fiber.join(fiber)))

layer(Layer.effect(Shared, testServer()), { excludeTestServices: true })("tail", (it) => {
  it.effect("goes on where it was when the connection breaks, also before the first event", () =>
    Effect.gen(function*() {
      const { apiKey, proxy, send } = yield* setUp("cut")
      const reader = yield* read({ url: proxy.url, apiKey })
      yield* reader.untilOpened(1)
      yield* proxy.cut
      yield* reader.untilLost(1)
      // It is not there: only its place can bring it these.
      yield* send(event("one"), event("two"))
      yield* reader.untilSeen(2)
      yield* proxy.cut
      yield* reader.untilLost(2)
      yield* send(event("three"))
      yield* reader.untilSeen(3)
      assert.deepStrictEqual(reader.seen, ["one", "two", "three"])
      assert.isTrue(reader.lost.every((error) => error instanceof Unreachable))
    }))

  it.effect("lets go of its connection when nobody reads any more", () =>
    Effect.gen(function*() {
      const { apiKey, proxy, send } = yield* setUp("leave")
      const reader = yield* read({ url: proxy.url, apiKey, planId: "mine" })
      yield* reader.untilOpened(1)
      yield* send(event("theirs", "other"), event("ours", "mine"))
      yield* reader.untilSeen(1)
      assert.deepStrictEqual(reader.seen, ["ours"])
      yield* Fiber.interrupt(reader.fiber)
      yield* proxy.until(() => proxy.connections().open === 0)
    }))

  it.effect("does not begin where the server refuses it or is not there, and says why", () =>
    Effect.gen(function*() {
      const { proxy } = yield* setUp("refused")
      const refused = yield* failure(proxy.url)
      assert.instanceOf(refused, Unauthorized)
      assert.strictEqual(refused.status, 401)
      const away = yield* failure("http://127.0.0.1:2")
      assert.instanceOf(away, Unreachable)
      assert.match(away.message, /^http:\/\/127\.0\.0\.1:2 does not answer \(.*ECONNREFUSED/)
    }))

  it.effect("ends when the server no longer takes its key", () =>
    Effect.gen(function*() {
      const { keyId, apiKey, proxy, revoke } = yield* setUp("revoked")
      const reader = yield* read({ url: proxy.url, apiKey })
      yield* reader.untilOpened(1)
      yield* revoke(keyId)
      assert.instanceOf(yield* Effect.flip(Fiber.join(reader.fiber)), Unauthorized)
    }))

  it.effect("is as well what the derived client reads, which is told at the end when to come again", () =>
    Effect.gen(function*() {
      const { apiKey, keyId, proxy, revoke, send } = yield* setUp("derived")
      yield* send(event("one"), event("two"))
      const seen: Array<string> = []
      const read = Effect.gen(function*() {
        const { stream } = yield* TrackerClient
        return yield* Stream.runForEach(
          yield* stream.stream({ query: { last_event_id: "0-0" }, headers: {} }),
          (message) => Effect.andThen(Effect.sync(() => seen.push(idOf(message))), revoke(keyId))
        )
      }).pipe(Effect.provide(TrackerClient.layer({ url: proxy.url, apiKey })), Effect.provide(FetchHttpClient.layer))
      const end = yield* Effect.flip(read)
      assert.deepStrictEqual(seen, ["one", "two"])
      assert.strictEqual(end._tag, "Retry")
    }))

  it.effect("is an async iterable too, which a signal or leaving the loop ends", () =>
    Effect.gen(function*() {
      const { apiKey, proxy, send } = yield* setUp("promises")
      const client = createTrackerClient({ url: proxy.url, apiKey })
      const changes = new Changes()
      let opened = 0
      const onOpen = () => {
        opened++
        changes.note()
      }
      const first = Effect.promise(async () => {
        for await (const message of client.tail({ onOpen })) return idOf(message)
        return "nothing"
      })
      const reading = yield* Effect.forkChild(first)
      yield* changes.until(() => opened === 1)
      yield* send(event("one"))
      assert.strictEqual(yield* Fiber.join(reading), "one")
      yield* proxy.until(() => proxy.connections().open === 0)

      const abort = new AbortController()
      const until = Effect.promise(async () => {
        const seen: Array<string> = []
        try {
          for await (const message of client.tail({ onOpen, signal: abort.signal })) seen.push(idOf(message))
        } catch (error) {
          return [...seen, error]
        }
        return seen
      })
      const aborted = yield* Effect.forkChild(until)
      yield* changes.until(() => opened === 2)
      abort.abort("enough")
      assert.deepStrictEqual<ReadonlyArray<unknown>>(yield* Fiber.join(aborted), ["enough"])
      yield* proxy.until(() => proxy.connections().open === 0)
    }))
})
