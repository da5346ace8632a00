import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { adminServer, planStarted } from "../admin/AdminServer.ts"
import { rowsOf } from "../admin/tenantRows.ts"
import { rawConnection } from "../support/rawHttp.ts"

const body = JSON.stringify({ events: [planStarted("late", "p"), { id: "bad" }] })

/** A request whose head was let in, and whose body waits to be sent. Answers the status line. */
const halfSent = Effect.fnUntraced(function*(url: string, secret: string) {
  const connection = yield* rawConnection(url)
  yield* connection.write(
    "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n" +
      `Authorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  )
  // Node says this as soon as somebody asks for the body, and nobody does so before the key was found.
  yield* connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
  yield* connection.write(body.slice(0, 10))
  return Effect.map(
    Effect.andThen(connection.write(body.slice(10)), connection.closed),
    (all) => /HTTP\/1\.1 (?!100)(\d+)/.exec(all)?.[1]
  )
})

describe("a request whose key is ended while its body comes", () => {
  it.live("keeps nothing: the key was revoked", () =>
    Effect.gen(function*() {
      const { as, sql, url } = yield* adminServer
      const admin = yield* as("acme")
      const ended = yield* as("acme", "ingest")
      const other = yield* as("acme", "ingest")
      const [first, second] = [yield* halfSent(url, ended.secret), yield* halfSent(url, other.secret)]
      yield* admin.ask("DELETE", `/v1/admin/keys/${ended.id}`)
      // Together, so that they may share a transaction.
      assert.deepStrictEqual(yield* Effect.all([first, second], { concurrency: "unbounded" }), ["401", "200"])
      const { event_ids, rejected_events } = yield* rowsOf(sql, "acme")
      assert.deepStrictEqual([event_ids?.length, rejected_events?.length], [1, 1])
    }))

  it.live("keeps nothing: its tenant was erased", () =>
    Effect.gen(function*() {
      const { as, sql, url } = yield* adminServer
      const { ask, secret } = yield* as("acme")
      const rest = yield* halfSent(url, secret)
      assert.strictEqual((yield* ask("DELETE", "/v1/admin/tenants/acme")).status, 200)
      assert.strictEqual(yield* rest, "401")
      const { audit_log: _, ...left } = yield* rowsOf(sql, "acme")
      assert.deepStrictEqual(Object.values(left).flat(), [])
    }))
})
