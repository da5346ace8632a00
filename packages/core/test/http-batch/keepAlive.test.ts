import { hold, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import * as Net from "node:net"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, openTracker, passTime, sizesOf, until } from "./openTracker.ts"

const endings = ["reset", "close"] as const

/** Answers the first piece of each connection with these bytes, and knows when one has closed. */
const startServer = Effect.fnUntraced(function*(answer: string) {
  const closed = Deferred.makeUnsafe<void>()
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer((socket) => {
    sockets.add(socket)
    socket.once("data", () => socket.write(answer))
    socket.on("error", () => undefined)
    socket.on("close", () => Deferred.doneUnsafe(closed, Exit.void))
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "string" ? 0 : address?.port ?? 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        sockets.forEach((socket) => socket.destroy())
      })
  )
  return { url: `http://127.0.0.1:${port}/v1/events`, closed: Deferred.await(closed) }
})

describe("a connection that HttpBatch on node:http keeps", () => {
  it.live.each(endings)(
    "may end while it is idle (%s): the batch goes out again at once and is no failure",
    (kind) =>
      Effect.gen(function*() {
        const { endpoint, logged, tracker } = yield* openTracker({
          transport: "node",
          concurrency: 1,
          retry: { attempts: 1 }
        })
        yield* endpoint.answerNext(store, { kind }, store, { kind }, store)
        const events = yield* jobEvents(3)
        for (const event of events) {
          yield* tracker.emit(event)
          yield* tracker.flush()
        }
        yield* assertStoredOnce(endpoint, events)
        assert.deepInclude(yield* balanced(tracker), { delivered: 3, retries: 0, lost: {} })
        assert.deepStrictEqual(logged, [])
        const [first, second, third, fourth, fifth] = (yield* endpoint.requests()).map(({ connection }) => connection)
        assert.deepStrictEqual([second, fourth], [first, third])
        assert.strictEqual(new Set([first, third, fifth]).size, 3)
      })
  )

  it.live("may end together with all others", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport: "node",
        batchSize: 1,
        concurrency: 3,
        retry: { attempts: 1 }
      })
      const [last, ...events] = yield* jobEvents(4)
      assert.isDefined(last)
      yield* endpoint.answerNext(hold(store), hold(store), hold(store), { kind: "close" }, { kind: "close" }, {
        kind: "close"
      })
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(3)
      yield* endpoint.release()
      yield* tracker.flush()
      yield* tracker.emit(last)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, [...events, last])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1, 1, 1, 1, 1, 1])
      assert.deepInclude(yield* balanced(tracker), { delivered: 4, retries: 0, lost: {} })
    }))

  it.live("ends when the tracker closes", () =>
    Effect.gen(function*() {
      const { closed, url } = yield* startServer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
      const { close, tracker } = yield* openTracker({ transport: "node", endpoint: url })
      yield* emitAll(tracker, yield* jobEvents(1))
      yield* tracker.flush()
      yield* close
      yield* closed
    }))

  it.live.each(endings)("fails when it is new (%s)", (kind) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport: "node", retry: { attempts: 1 }, onLoss: () => {} })
      yield* endpoint.answerNext({ kind })
      yield* emitAll(tracker, yield* jobEvents(1))
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1])
      assert.deepInclude(yield* balanced(tracker), { delivered: 0, lost: { retriesExhausted: 1 } })
    }))

  it.effect("is not tried anew for a request that was given up", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport: "node",
        batchSize: 1,
        concurrency: 1,
        requestTimeout: "2 seconds",
        retry: { attempts: 1 },
        onLoss: () => {}
      })
      yield* endpoint.answerNext(store, { kind: "hang" })
      const [first, second, ...others] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(second)
      for (const event of [first, second, ...others]) {
        yield* tracker.emit(event)
        yield* passTime(until(tracker, ({ pending }) => pending === 0))
      }
      yield* assertStoredOnce(endpoint, [first, ...others])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1, 1])
    }))
})

describe("an answer that HttpBatch on node:http cannot take", () => {
  it.live("fails at once when it changes the protocol", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker, warning } = yield* openTracker({ transport: "node", requestTimeout: "1 hour" })
      yield* endpoint.answerNext(status(101, { connection: "upgrade", upgrade: "websocket" }))
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* warning
      assert.include(logged[0], "status 101")
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("leaves no connection open when it changes the protocol", () =>
    Effect.gen(function*() {
      const { closed, url } = yield* startServer(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
      )
      const { tracker } = yield* openTracker({
        transport: "node",
        endpoint: url,
        retry: { attempts: 1 },
        onLoss: () => undefined
      })
      yield* emitAll(tracker, yield* jobEvents(1))
      yield* tracker.flush()
      yield* closed
      assert.deepInclude(yield* balanced(tracker), { pending: 0, lost: { retriesExhausted: 1 } })
    }))
})
