import { freshDatabase } from "@durable-effect/test-support"
import { IngestAnswer } from "@durable-effect/tracker-server/api"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Redacted, Schedule, Schema, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { request as httpRequest } from "node:http"
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
  readonly refused: Array<string>
}

/** Sends one batch after another on connections that are kept open, until the server no longer listens. */
const load = async (url: string, secret: string, client: number, tally: Tally) => {
  for (let n = 0;; n++) {
    try {
      const answer = await fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify(batch(client, n))
      })
      tally.answered += decodeAnswer(await answer.text()).accepted
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(error)
      tally.refused.push(code)
      return
    }
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
      const tally: Tally = { answered: 0, refused: [] }
      const running = Array.from({ length: clients }, (_, client) => load(url, secret, client, tally))
      yield* Effect.repeat(Effect.sync(() => tally.answered), {
        until: (answered) => answered >= clients * 20 || tally.refused.length > 0,
        schedule: Schedule.spaced("5 millis")
      })
      assert.deepStrictEqual(tally.refused, [])
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => Promise.all(running))
      // Each client ended by not getting a new connection, none by losing one that it used.
      assert.deepStrictEqual(tally.refused, Array.from({ length: clients }, () => "ECONNREFUSED"))
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
