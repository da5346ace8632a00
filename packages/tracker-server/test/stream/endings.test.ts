import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { applyRetention } from "../../src/maintenance/retention.ts"
import { type Settings, standardSettings, StreamSettings } from "../../src/stream/StreamSettings.ts"
import { ownerOf } from "../admin/AdminServer.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { problem, request, serverOver, testServer } from "../http/server.ts"
import { rawConnection } from "../support/rawHttp.ts"
import { openStream } from "./StreamClient.ts"

/** A server whose streams tend to their readers at short intervals. */
const server = (more: Partial<Settings> = {}) =>
  Effect.gen(function*() {
    const started = yield* Effect.provideService(testServer(), StreamSettings, {
      ...standardSettings,
      heartbeatMs: 50,
      keyCheckMs: 50,
      pollMs: 50,
      ...more
    })
    const { id, secret } = yield* started.makeKey("acme", "ingest", "query", "admin")
    return { ...started, keyId: id, secret, ...clientOf(started.url, secret) }
  })

describe("a stream", () => {
  it.live("is moved on by comments while nothing happens, and ends when its key is revoked", () =>
    Effect.gen(function*() {
      const { keyId, makeKey, secret, send, url } = yield* server()
      const { secret: reads } = yield* makeKey("acme", "query")
      const all = yield* openStream(url, secret)
      const watcher = yield* openStream(url, reads, { query: "?plan_id=none" })
      const before = watcher.lastId()
      verdicts(yield* send(batch(planStarted("one"))))
      yield* all.untilMessages(1)
      const comments = watcher.comments()
      yield* watcher.until(() => watcher.comments() > comments + 1 && watcher.lastId() !== before)
      assert.deepStrictEqual(watcher.messages, [])
      // Nothing that it was told to be past comes again.
      const again = yield* openStream(url, reads, { lastEventId: watcher.lastId() })
      verdicts(yield* send(batch(planStarted("two"))))
      yield* again.untilMessages(1)
      assert.deepStrictEqual(again.eventIds(), ["two"])
      const revoked = yield* request(`${url}/v1/admin/keys/${keyId}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${secret}` }
      })
      assert.strictEqual(revoked.status, 204)
      assert.strictEqual(yield* all.ended, "whole")
      const heard = watcher.comments()
      yield* watcher.until(() => watcher.comments() > heard)
    }))

  it.live("tells who was away for longer than events are kept, and goes on with the oldest", () =>
    Effect.gen(function*() {
      const { databaseUrl, secret, send, url } = yield* server()
      const sql = yield* ownerOf(databaseUrl)
      const reader = yield* openStream(url, secret)
      verdicts(yield* send(batch(planStarted("old"), planStarted("older"))))
      const [first] = yield* reader.untilMessages(2)
      yield* reader.leave
      // A year ago, by the table's own partitions.
      yield* sql`UPDATE event_timeline SET received_at = received_at - interval '1 year'`
      verdicts(yield* send(batch(planStarted("kept"))))
      yield* Effect.provideService(applyRetention(Duration.days(30)), SqlClient.SqlClient, sql)
      const back = yield* openStream(url, secret, { lastEventId: first?.id })
      const [reset, kept] = yield* back.untilMessages(2)
      assert.deepStrictEqual([reset?.event, kept?.event, kept?.data.event_id], ["reset", "tracking", "kept"])
      assert.deepStrictEqual<unknown>(reset?.data, { oldest_position: reset?.id })
      assert.lengthOf(back.messages, 2)
      // The place that it was told is one to go on from, and so is every one after it.
      const again = yield* openStream(url, secret, { lastEventId: reset?.id })
      yield* again.untilMessages(1)
      assert.deepStrictEqual(again.messages.map(({ event }) => event), ["tracking"])
      // A place ahead of all that this database has done is another database's.
      const foreign = yield* openStream(url, secret, { lastEventId: `${2n ** 63n}-0` })
      yield* foreign.untilMessages(2)
      assert.deepStrictEqual(foreign.messages.map(({ event }) => event), ["reset", "tracking"])
    }))

  it.live("of a reader that takes nothing is cut, while others go on", () =>
    Effect.gen(function*() {
      const { authorization, secret, send, url } = yield* server({
        maxWaitingBytes: 2 * 1024 * 1024,
        heartbeatMs: 10_000
      })
      const reader = yield* openStream(url, secret)
      const stalled = yield* rawConnection(url)
      yield* stalled.write(`GET /v1/tracker/stream HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`)
      yield* stalled.until(/\nid: /)
      yield* stalled.pause
      const text = "x".repeat(200 * 1024)
      let sent = 0
      // The two ends of the connection hold some megabytes for it, then what waits for it grows.
      for (let n = 0; n < 8; n++) {
        const events = Array.from({ length: 20 }, (_, i) => planStarted(`${n}-${i}`, { data: { plan_id: "p", text } }))
        verdicts(yield* send(batch(...events)))
        sent += events.length
        yield* reader.untilMessages(sent)
      }
      assert.strictEqual(new Set(reader.eventIds()).size, sent)
      yield* stalled.resume
      const received = yield* stalled.closed
      assert.isBelow(received.length, sent * text.length)
      assert.notMatch(received, /\r\n0\r\n\r\n$/)
      // It comes again with the last id that it has got, and misses nothing.
      const lastEventId = received.slice(0, received.lastIndexOf("\n\n")).match(/\nid: (\S+)\n(?![^]*\nid: )/)?.[1]
      const back = yield* openStream(url, secret, { lastEventId })
      const missing = sent - [...received.matchAll(/"event_id":"(\d+-\d+)"[^\n]*\n\n/g)].length
      yield* back.untilMessages(missing)
      assert.deepStrictEqual(back.eventIds(), reader.eventIds().slice(sent - missing))
    }))

  it.live("ends where no look will ever tell it more, and goes on when one does", () =>
    Effect.gen(function*() {
      const { databaseUrl, secret, send, url } = yield* server()
      const sql = yield* ownerOf(databaseUrl)
      const reader = yield* openStream(url, secret)
      verdicts(yield* send(batch(planStarted("one"))))
      yield* reader.untilMessages(1)
      yield* sql`REVOKE SELECT ON event_timeline FROM tracker_app`
      assert.strictEqual(yield* reader.ended, "whole")
      // Who comes again learns that something is wrong.
      const refused = yield* request(`${url}/v1/tracker/stream?last_event_id=${reader.lastId()}`, {
        headers: { authorization: `Bearer ${secret}` }
      })
      assert.deepStrictEqual(
        [refused.status, problem(refused).body.type],
        [500, "urn:durable-effect:problem:internal"]
      )
      yield* sql`GRANT SELECT ON event_timeline TO tracker_app`
      verdicts(yield* send(batch(planStarted("two"))))
      const back = yield* openStream(url, secret, { lastEventId: reader.lastId() })
      yield* back.untilMessages(1)
      assert.deepStrictEqual(back.eventIds(), ["two"])
    }))

  it.live("ends whole where what is left to read cannot be read", () =>
    Effect.gen(function*() {
      const { authorization, databaseUrl, secret, send, url } = yield* server({ heartbeatMs: 10_000 })
      const sql = yield* ownerOf(databaseUrl)
      const text = "x".repeat(200 * 1024)
      for (let n = 0; n < 3; n++) {
        const events = Array.from({ length: 20 }, (_, i) => planStarted(`${n}-${i}`, { data: { plan_id: "p", text } }))
        verdicts(yield* send(batch(...events)))
      }
      const slow = yield* rawConnection(url)
      yield* slow.write(
        `GET /v1/tracker/stream?last_event_id=0-0 HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n` +
          "Connection: close\r\n\r\n"
      )
      yield* slow.until(/\nid: /)
      // More is left than the two ends of the connection hold.
      yield* slow.pause
      yield* sql`REVOKE SELECT ON event_timeline FROM tracker_app`
      yield* slow.resume
      const received = yield* slow.closed
      assert.match(received, /\n\n\r\n0\r\n\r\n$/)
      const seen = [...received.matchAll(/"event_id":"(\d+-\d+)"/g)]
      assert.isBelow(seen.length, 60)
      yield* sql`GRANT SELECT ON event_timeline TO tracker_app`
      const lastEventId = received.match(/\nid: (\S+)\n(?![^]*\nid: )/)?.[1]
      const back = yield* openStream(url, secret, { lastEventId })
      yield* back.untilMessages(60 - seen.length)
      assert.strictEqual(new Set([...seen.map(([, id]) => id), ...back.eventIds()]).size, 60)
    }))

  it.live("ends when its key is revoked, also after keys could not be looked up for a while", () =>
    Effect.gen(function*() {
      const { databaseUrl, keyId, secret, url } = yield* server()
      const sql = yield* ownerOf(databaseUrl)
      const reader = yield* openStream(url, secret)
      yield* sql`ALTER FUNCTION tracker_api_key(bytea) RENAME TO away`
      // A key counts for a second after it was found.
      const heard = reader.comments()
      yield* reader.until(() => reader.comments() > heard + 30)
      yield* sql`ALTER FUNCTION away(bytea) RENAME TO tracker_api_key`
      yield* sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${keyId}`
      assert.strictEqual(yield* reader.ended, "whole")
    }))

  it.live("ends whole when the server stops, and goes on at another", () =>
    Effect.gen(function*() {
      const databaseUrl = yield* freshDatabase()
      const scope = yield* Scope.make()
      const { makeKey, url } = yield* Scope.provide(serverOver(databaseUrl), scope)
      const { url: other } = yield* serverOver(databaseUrl)
      const { secret } = yield* makeKey("acme", "ingest", "query")
      const reader = yield* openStream(url, secret)
      const idle = yield* openStream(url, secret)
      verdicts(yield* clientOf(url, secret).send(batch(planStarted("one"))))
      yield* reader.untilMessages(1)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual([yield* reader.ended, yield* idle.ended], ["whole", "whole"])
      verdicts(yield* clientOf(other, secret).send(batch(planStarted("two"))))
      const next = yield* openStream(other, secret, { lastEventId: reader.lastId() })
      yield* next.untilMessages(1)
      assert.deepStrictEqual([...reader.eventIds(), ...next.eventIds()], ["one", "two"])
    }))

  it.live("too many are answered 503, and there is room again when one leaves", () =>
    Effect.gen(function*() {
      const { authorization, secret, url } = yield* server({ maxReaders: 2 })
      const first = yield* openStream(url, secret)
      yield* openStream(url, secret)
      const ask = request(`${url}/v1/tracker/stream`, { headers: { authorization } })
      const refused = yield* ask
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"])
      assert.strictEqual(problem(refused).body.type, "urn:durable-effect:problem:unavailable")
      yield* first.leave
      yield* Effect.repeat(openStream(url, secret), { until: ({ status }) => status === 200 })
    }))
})
