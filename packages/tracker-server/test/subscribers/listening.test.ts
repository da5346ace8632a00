import { encodeBinary, encodeStructured, EventBus, type Message, publishEvent } from "@durable-effect/bus"
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect, headers } from "@nats-io/transport-node"
import { Effect } from "effect"
import { batch, verdicts } from "../http/ingestServer.ts"
import { request } from "../http/server.ts"
import { agentPlan } from "../lives/agentPlans.ts"
import { time } from "../projection/stores.ts"
import { busServer, busStatus, type Published, untilCounted, untilDone } from "./BusServer.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const progress = (id: string, fields: object = {}) => ({
  id,
  source: "worker",
  specversion: "1.0",
  type: "task.progress",
  time: time(0),
  topic: "system-events",
  correlation_id: "c",
  data: { task_id: `task-${id}`, plan_id: "plan", state: "running" },
  ...fields
})

const { topic: _, ...withoutTopic } = progress("no-topic")

describe("a server with a bus", () => {
  it.live("stores an event once that comes over HTTP and over the bus, in whatever form", () =>
    Effect.gen(function*() {
      const { bus, send, sql, url } = yield* busServer()
      const request = {
        ...progress("request"),
        type: "web.search.requested",
        topic: "action-requests",
        data: { plan_id: "plan" }
      }
      const { topic, ...onItsSubject } = request
      const forms: ReadonlyArray<readonly [event: Published, messages: ReadonlyArray<Message>]> = [
        [progress("structured"), [encodeStructured(progress("structured"))]],
        [progress("binary"), [encodeBinary(progress("binary"))]],
        [progress("both"), [encodeStructured(progress("both")), encodeBinary(progress("both"))]],
        [progress("no-topic"), [{ headers: {}, body: bytes(JSON.stringify(withoutTopic)) }]],
        [request, [
          { headers: {}, body: bytes(JSON.stringify(onItsSubject)) },
          encodeBinary({ ...request, topic }),
          encodeStructured(request)
        ]]
      ]
      // Half of them come over HTTP first, all of them after the bus.
      const first = forms.filter((_, i) => i % 2 === 0).map(([event]) => event)
      assert.strictEqual(verdicts(yield* send(batch(...first))).accepted, first.length)
      for (const [event, messages] of forms) {
        for (const [i, message] of messages.entries()) yield* bus.publish(event.topic, `${event.id} ${i}`, message)
      }
      yield* untilCounted(sql, "event_timeline", forms.length)
      yield* untilDone(url)
      const again = verdicts(yield* send(batch(...forms.map(([event]) => event))))
      assert.deepStrictEqual(again, { accepted: 0, duplicates: forms.length, rejected: [] })
      assert.deepStrictEqual(yield* sql`SELECT event_id, code FROM rejected_events`, [])
    }))

  it.live("keeps what cannot be decoded apart, goes on, and takes it in when it can be read", () =>
    Effect.gen(function*() {
      const { authorization, bus, publish, send, sql, url } = yield* busServer()
      const { id: _, ...noId } = progress("x")
      const { type: __, ...noType } = progress("no-type")
      const bad: ReadonlyArray<readonly [id: string, message: Message, code: string]> = [
        ["not-json", { headers: {}, body: bytes("{\"a\"") }, "not_an_object"],
        ["no-object", { headers: {}, body: bytes("[1]") }, "not_an_object"],
        ["no-text", { headers: {}, body: new Uint8Array([255, 254]) }, "invalid_text"],
        ["no-type", { headers: {}, body: bytes(JSON.stringify(noType)) }, "missing_field"],
        ["no-id", { headers: {}, body: bytes(JSON.stringify(noId)) }, "missing_field"],
        ["nothing", { headers: {}, body: bytes("{}") }, "missing_field"],
        [
          "header",
          { headers: { "ce-id": "h", "ce-type": "task.progress", "ce-source": "%C3%28" }, body: bytes("{}") },
          "invalid_text"
        ]
      ]
      for (const [id, message] of bad) yield* bus.publish("system-events", id, message)
      yield* publish(progress("good"))
      yield* untilCounted(sql, "event_timeline", 1)
      yield* untilCounted(sql, "rejected_events", bad.length)
      yield* untilDone(url)
      const rejected = yield* sql<{ code: string }>`SELECT code FROM rejected_events`
      assert.deepStrictEqual(rejected.map(({ code }) => code).sort(), bad.map(([, , code]) => code).sort())

      // As if an earlier version had not been able to read one that is good, and the headers of another.
      const { body } = encodeStructured(progress("mended"))
      const kept = { bus_message: { topic: "system-events", headers: {}, body: Buffer.from(body).toString("base64") } }
      yield* sql`UPDATE rejected_events SET body = ${JSON.stringify(kept)}, code = 'invalid_id'
        WHERE code = 'invalid_text' AND body LIKE '%C3\\%28%'`
      const answer = yield* request(`${url}/v1/admin/rejected/replay`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: "{}"
      })
      assert.deepInclude(JSON.parse(answer.text), {
        replayed: 1,
        rejected: { invalid_text: 1, missing_field: 3, not_an_object: 2 }
      })
      assert.strictEqual((yield* sql`SELECT 1 FROM rejected_events`).length, bad.length - 1)
      assert.strictEqual(verdicts(yield* send(batch(progress("mended")))).duplicates, 1)
    }))

  it.live("keeps headers that cannot be read, and bodies nested too deeply, as they came, until they can be read", () =>
    Effect.gen(function*() {
      const { authorization, bus, nats, prefix, publish, sql, url } = yield* busServer()
      yield* publish(progress("before"))
      const block = Buffer.from(
        "NATS/1.0\r\nce-id: mended\r\nce-type: task.progress\r\nce-time: 2026-01-11T10:00:00Z\r\nce-source: gr\u00fc\u00dfe\r\n\r\n",
        "latin1"
      )
      const data = "{\"task_id\":\"t\",\"state\":\"running\"}"
      const raw = yield* Effect.acquireRelease(
        Effect.promise(() => connect({ servers: nats.replace("nats://", "") })),
        (connection) => Effect.promise(() => connection.close())
      )
      // No client writes such a block by itself.
      const odd = Object.assign(headers(), { encode: () => new Uint8Array(block) })
      raw.publish(`${prefix}.events.system-events`, data, { headers: odd })
      const deep = JSON.stringify(progress("deep", { data: "…" })).replace(
        "\"…\"",
        "[".repeat(20_000) + "]".repeat(20_000)
      )
      yield* bus.publish("system-events", "deep", { headers: {}, body: bytes(deep) })
      yield* publish(progress("after"))
      yield* untilCounted(sql, "event_timeline", 2)
      yield* untilCounted(sql, "rejected_events", 2)
      yield* untilDone(url)

      const kept = Effect.map(
        sql<{ code: string; body: string }>`SELECT code, body FROM rejected_events ORDER BY code`,
        (rows) => rows.map(({ body, code }) => ({ code, message: JSON.parse(body).bus_message }))
      )
      const [headersOf, bodyOf] = yield* kept
      assert.deepStrictEqual([headersOf?.code, bodyOf?.code], ["invalid_text", "too_deep"])
      assert.deepStrictEqual(Buffer.from(headersOf?.message.header_bytes, "base64"), block)
      assert.strictEqual(Buffer.from(headersOf?.message.body, "base64").toString(), data)
      assert.strictEqual(Buffer.from(bodyOf?.message.body, "base64").toString(), deep)

      const replay = request(`${url}/v1/admin/rejected/replay`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: "{}"
      })
      const refused = { replayed: 0, rejected: { invalid_text: 1, too_deep: 1 }, not_kept: 0 }
      assert.deepInclude(JSON.parse((yield* replay).text), refused)
      // Somebody who knows what was meant mends the bytes that are kept.
      const utf8 = Buffer.from(block.toString("latin1")).toString("base64")
      yield* sql`UPDATE rejected_events SET body = replace(body, ${block.toString("base64")}, ${utf8})`
      const { not_kept, rejected, replayed } = JSON.parse((yield* replay).text)
      assert.deepStrictEqual({ not_kept, rejected, replayed }, { not_kept: 0, rejected: { too_deep: 1 }, replayed: 1 })
      assert.deepStrictEqual(yield* sql`SELECT source FROM event_timeline WHERE event_id = 'mended'`, [
        { source: "grüße" }
      ])
    }))

  it.live("gives the same answers in whatever order events come", () =>
    Effect.gen(function*() {
      const { ask, publish, send, sql } = yield* busServer()
      const { events, planId } = agentPlan(
        { planId: "heard", planner: "planner", worker: "worker", sessionId: "session" },
        { ending: "completed", failures: 2, traceId: "trace", units: 4, startMs: Date.parse(time(0)), gapsMs: [1000] }
      )
      const heardOf = events.filter(({ topic }) => topic !== "business-facts")
      const late = heardOf.toReversed().map(({ id, topic, type, ...others }) => ({
        id: String(id),
        topic: String(topic),
        type: String(type),
        ...others
      }))
      yield* publish(...late)
      yield* untilCounted(sql, "event_timeline", late.length)
      const heard = JSON.parse((yield* ask(`/plans/${planId}/tasks`)).text)
      const other = heardOf.map((event) => JSON.parse(JSON.stringify(event).replaceAll("heard", "sent")))
      assert.strictEqual(verdicts(yield* send(batch(...other))).accepted, other.length)
      const sent = (yield* ask("/plans/sent/tasks")).text.replaceAll("sent", "heard")
      assert.deepStrictEqual(heard, JSON.parse(sent))
    }))

  it.live("says how listening goes, and which trace published", () =>
    Effect.gen(function*() {
      const { ask, bus, publish, sql, url } = yield* busServer()
      const published = yield* publishEvent({
        ...progress("traced"),
        type: "plan.started",
        data: { plan_id: "traced" }
      }).pipe(
        Effect.andThen(Effect.currentSpan),
        Effect.withSpan("agent"),
        Effect.provideService(EventBus, bus)
      )
      yield* publish(progress("e-1"))
      yield* untilCounted(sql, "event_timeline", 2)
      assert.strictEqual(JSON.parse((yield* ask("/plans/traced")).text).trace_id, published.traceId)
      const status = yield* untilDone(url)
      assert.deepStrictEqual(status, {
        connected: true,
        topics: {
          "system-events": { lag: 0, redeliveries: 0, fault: null },
          "action-requests": { lag: 0, redeliveries: 0, fault: null },
          "action-results": { lag: 0, redeliveries: 0, fault: null }
        }
      })
      const { text } = yield* request(`${url}/metrics`)
      assert.include(text, "tracker_bus_connected 1")
      assert.include(text, "tracker_bus_listening{topic=\"action-requests\"} 1")
      assert.include(text, "tracker_bus_lag{topic=\"system-events\"} 0")
      assert.include(text, "tracker_bus_redeliveries_total{topic=\"action-results\"} 0")
    }))

  it.live("says what is wrong with a consumer that was changed so that it would lose messages", () =>
    Effect.gen(function*() {
      const { nats, prefix, publish, sql, url } = yield* busServer()
      yield* publish(progress("before"))
      yield* untilDone(url)
      const raw = yield* Effect.acquireRelease(
        Effect.promise(() => connect({ servers: nats.replace("nats://", "") })),
        (connection) => Effect.promise(() => connection.close())
      )
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const change = (max_deliver: number) =>
        Effect.promise(() =>
          manager.consumers.update(`${prefix}-events-system-events`, `${prefix}-server-system-events`, { max_deliver })
        )
      const fault = Effect.map(busStatus(url), (bus) => bus?.topics["system-events"]?.fault ?? null)
      yield* change(3)
      const said = yield* Effect.repeat(fault, { until: (text) => text !== null })
      assert.match(said ?? "", /max_deliver is 3/)
      const { text } = yield* request(`${url}/metrics`)
      assert.include(text, "tracker_bus_listening{topic=\"system-events\"} 0")
      assert.include(text, "tracker_bus_listening{topic=\"action-results\"} 1")
      yield* change(-1)
      yield* publish(progress("after"))
      yield* untilCounted(sql, "event_timeline", 2)
      yield* Effect.repeat(fault, { until: (text) => text === null })
    }))

  it.live("obeys a field for the tenant where the deployment trusts it, and no other", () =>
    Effect.gen(function*() {
      const trusting = yield* busServer({ TRACKER_NATS_TENANT_FIELD: "tenant_id" })
      yield* trusting.publish(
        progress("theirs", { tenant_id: "other" }),
        progress("in-camel-case", { tenantId: "other" }),
        progress("nobody's"),
        progress("bad", { tenant_id: 7 })
      )
      yield* trusting.bus.publish("system-events", "b", encodeBinary(progress("binary", { tenant_id: "other" })))
      yield* untilCounted(trusting.sql, "event_timeline", 4)
      yield* untilCounted(trusting.sql, "rejected_events", 1)
      assert.deepStrictEqual(
        yield* trusting.sql`SELECT tenant_id, event_id FROM event_timeline ORDER BY tenant_id, event_id`,
        [
          { tenant_id: "acme", event_id: "nobody's" },
          { tenant_id: "other", event_id: "binary" },
          { tenant_id: "other", event_id: "in-camel-case" },
          { tenant_id: "other", event_id: "theirs" }
        ]
      )
      assert.deepStrictEqual(yield* trusting.sql`SELECT tenant_id, code, event_id FROM rejected_events`, [
        { tenant_id: "acme", code: "invalid_id", event_id: "bad" }
      ])
      const plain = yield* busServer()
      yield* plain.publish(progress("mine", { tenant_id: "other" }))
      yield* untilCounted(plain.sql, "event_timeline", 1)
      assert.deepStrictEqual(yield* plain.sql`SELECT tenant_id FROM event_timeline`, [{ tenant_id: "acme" }])
    }))

  it.live("never replays an event into a tenant that its sender did not mean, and says why", () =>
    Effect.gen(function*() {
      const { authorization, bus, publish, sql, url } = yield* busServer({ TRACKER_NATS_TENANT_FIELD: "tenant_id" })
      const theirs = encodeStructured(progress("theirs", { tenant_id: "other" }))
      yield* publish(
        progress("no-name", { tenant_id: 7 }),
        progress("two-faults", { tenant_id: "", time: "now" })
      )
      yield* bus.publish("system-events", "unreadable", { headers: {}, body: bytes("{") })
      yield* bus.publish("system-events", "unreadable, no field", { headers: {}, body: bytes("[") })
      yield* untilCounted(sql, "rejected_events", 4)
      // As if an earlier version had been unable to read these, and had another rule for timestamps.
      const mend = (from: string, to: Uint8Array | string) =>
        sql`UPDATE rejected_events SET code = 'invalid_text',
          body = replace(body, ${Buffer.from(from).toString("base64")}, ${Buffer.from(to).toString("base64")})
          WHERE body LIKE ${`%"body":"${Buffer.from(from).toString("base64")}"%`}`
      yield* mend("{", theirs.body)
      yield* mend("[", encodeStructured(progress("ours")).body)
      const twoFaults = (at: string) => JSON.stringify(progress("two-faults", { tenant_id: "", time: at }))
      yield* mend(twoFaults("now"), twoFaults(time(0)))

      const replay = (query: string) =>
        Effect.map(
          request(`${url}/v1/admin/rejected/replay${query}`, { method: "POST", headers: { authorization } }),
          ({ text }) => JSON.parse(text)
        )
      const counts = { replayed: 1, duplicates: 0, rejected: { invalid_id: 3 }, not_kept: 0 }
      assert.deepInclude(yield* replay("?dry_run=true"), counts)
      assert.deepInclude(yield* replay(""), counts)
      assert.deepInclude(yield* replay(""), { ...counts, replayed: 0 })
      assert.deepStrictEqual(yield* sql`SELECT tenant_id, event_id FROM event_timeline`, [
        { tenant_id: "acme", event_id: "ours" }
      ])
      const { text } = yield* request(`${url}/v1/admin/rejected`, { headers: { authorization } })
      const reasons: ReadonlyArray<{ readonly event_id: string; readonly detail: string }> = JSON.parse(text).rejected
      assert.deepStrictEqual(
        Object.fromEntries(reasons.map(({ detail, event_id }) => [event_id, detail.split(":")[0]])),
        {
          "no-name": "tenant_id is no name of a tenant",
          "two-faults": "tenant_id is no name of a tenant",
          theirs: "tenant_id names another tenant"
        }
      )
    }))
})
