import { freshDatabase } from "@durable-effect/test-support"
import { IngestAnswer } from "@durable-effect/tracker-server/api"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Redacted, Schedule, Schema, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { Agent, request as httpRequest } from "node:http"
import { Socket } from "node:net"
import { text } from "node:stream/consumers"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { serverOver, testServer } from "./server.ts"

const clients = 8

const batch = (client: number, n: number) => ({
  events: [{
    eventId: `event-${client}-${n}`,
    type: "load.test",
    timestamp: "2026-01-11T10:00:00.000Z",
    data: {}
  }]
})

const decodeAnswer = Schema.decodeUnknownSync(Schema.fromJsonString(IngestAnswer))

interface Tally {
  answered: number
  readonly ended: Array<string>
}

/** The client's ports of the connections that a server of this process has taken, until the scope closes. */
const takenPorts = Effect.acquireRelease(
  Effect.sync(() => {
    const taken = new Set<number>()
    const note = (message: unknown) => {
      if (hasSocket(message)) taken.add(message.socket.remotePort ?? 0)
    }
    subscribe("net.server.socket", note)
    return { taken, note }
  }),
  ({ note }) => Effect.sync(() => unsubscribe("net.server.socket", note))
)

const hasSocket = Schema.is(Schema.Struct({ socket: Schema.instanceOf(Socket) }))

/** One batch on a connection that is kept open: what was accepted, or how the connection ended. */
const send = (url: string, secret: string, agent: Agent, body: string, taken: ReadonlySet<number>) =>
  new Promise<{ readonly accepted: number } | { readonly ended: string }>((resolve) => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
    const upload = httpRequest(`${url}/v1/events`, { method: "POST", agent, headers })
    let localPort = 0
    const end = (error: Error) => resolve({ ended: taken.has(localPort) ? `cut: ${error.message}` : "not taken" })
    upload.once("socket", (socket) => {
      // The port is known once the connection stands, which the kernel does before the server takes it.
      const note = () => localPort = socket.localPort ?? 0
      if (socket.connecting) socket.once("connect", note)
      else note()
    })
    upload.once("response", (answer) => {
      text(answer).then((body) => resolve({ accepted: decodeAnswer(body).accepted }), end)
    })
    upload.once("error", end)
    upload.end(body)
  })

/** Sends one batch after another, until the server takes no connection any more. */
const load = async (url: string, secret: string, client: number, tally: Tally, taken: ReadonlySet<number>) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let n = 0;; n++) {
    const result = await send(url, secret, agent, JSON.stringify(batch(client, n)), taken)
    if ("ended" in result) {
      tally.ended.push(result.ended)
      return
    }
    tally.answered += result.accepted
  }
}

/** An upload of which the server has begun to read the body, and which ends when it is told to. */
const openUpload = (url: string, secret: string) =>
  Effect.callback<{ readonly finish: () => void; readonly answer: Promise<ReadonlyArray<unknown>> }>((resume) => {
    const upload = httpRequest(`${url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", expect: "100-continue" }
    })
    const answer = new Promise<ReadonlyArray<unknown>>((resolve) => {
      upload.once("response", ({ headers, statusCode }) => resolve([statusCode, headers["retry-after"]]))
      upload.once("error", (error) => resolve([error.message]))
    })
    upload.once("continue", () => {
      upload.write("{\"events\":[")
      resume(Effect.succeed({ finish: () => upload.end("]}"), answer }))
    })
    upload.flushHeaders()
  })

const countEvents = (databaseUrl: Redacted.Redacted) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ events: number }>`SELECT count(*)::int4 AS events FROM event_timeline`
    return row?.events
  }).pipe(Effect.provide(PgConnection.layer({ url: databaseUrl })))

describe("a stop under load", () => {
  it.live("cuts no request and loses nothing that was answered", () =>
    Effect.gen(function*() {
      const databaseUrl = yield* freshDatabase()
      const scope = yield* Scope.make()
      const { makeKey, url } = yield* Scope.provide(serverOver(databaseUrl), scope)
      const { secret } = yield* makeKey("acme", "ingest")
      const tally: Tally = { answered: 0, ended: [] }
      const { taken } = yield* takenPorts
      const running = Array.from({ length: clients }, (_, client) => load(url, secret, client, tally, taken))
      yield* Effect.repeat(Effect.sync(() => tally.answered), {
        until: (answered) => answered >= clients * 20 || tally.ended.length > 0,
        schedule: Schedule.spaced("5 millis")
      })
      assert.deepStrictEqual(tally.ended, [])
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => Promise.all(running))
      // Each client ended by not getting a new connection, none by losing one that it used. A connection that waits in
      // the kernel while listening ends is reset there: the server never saw it, and nothing of it is stored.
      assert.deepStrictEqual(tally.ended, Array.from({ length: clients }, () => "not taken"))
      assert.strictEqual(yield* countEvents(databaseUrl), tally.answered)
    }))

  it.live("waits for a slow upload, and tells one that does not end to come again", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { makeKey, url } = yield* Scope.provide(testServer(), scope)
      const { secret } = yield* makeKey("acme", "ingest")
      const slow = yield* openUpload(url, secret)
      const endless = yield* openUpload(url, secret)
      const stopped = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      // Half of the 10 s that a stop may take: there is nothing to wait for but time itself.
      yield* Effect.sleep("5 seconds")
      slow.finish()
      assert.deepStrictEqual(yield* Effect.promise(() => slow.answer), [200, undefined])
      assert.deepStrictEqual(yield* Effect.promise(() => endless.answer), [503, "1"])
      yield* Fiber.join(stopped)
    }))
})
