import { assert, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { standardSettings, StreamSettings } from "../../src/stream/StreamSettings.ts"
import { ownerOf } from "../admin/AdminServer.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { problem, request, serverOver, testServer } from "../http/server.ts"
import { openStream } from "./StreamClient.ts"

class Shared extends Context.Service<Shared, Effect.Success<ReturnType<typeof testServer>>>()("test/Shared") {}

let tenants = 0

/** The file's server, and a key of a tenant that nobody else uses. */
const server = Effect.gen(function*() {
  const { databaseUrl, makeKey, url } = yield* Shared
  const tenantId = `tenant-${++tenants}`
  const { secret } = yield* makeKey(tenantId, "ingest", "query")
  return { tenantId, databaseUrl, makeKey, url, secret, ...clientOf(url, secret) }
})

/** The start of a run, in one of the lives of a job instance. */
const job = (eventId: string, incarnationId: string) => ({
  eventId,
  timestamp: "2026-01-11T10:00:00Z",
  type: "execution.started",
  handler: "execute",
  sequence: 1,
  instanceId: "continuous:invoice:42",
  jobType: "continuous",
  jobName: "invoice",
  incarnationId,
  executionId: `${incarnationId}:r1`,
  runCount: 1,
  attempt: 1
})

/** An event of a plan of its own. */
const event = (id: string, fields: object = {}) => planStarted(id, { data: { plan_id: `plan of ${id}` }, ...fields })

const shared = Effect.provideService(testServer(), StreamSettings, { ...standardSettings, heartbeatMs: 100 })

layer(Layer.effect(Shared, shared), { excludeTestServices: true })("GET /v1/tracker/stream", (it) => {
  it.effect("sends what is accepted from now on as the plan's timeline shows it, with its plan", () =>
    Effect.gen(function*() {
      const { secret, send, timeline, url } = yield* server
      verdicts(yield* send(batch(event("before"))))
      const reader = yield* openStream(url, secret)
      assert.strictEqual(reader.status, 200)
      assert.strictEqual(reader.headers.get("content-type"), "text/event-stream")
      verdicts(yield* send(batch(event("one"), event("two"), { no: "event" })))
      verdicts(yield* send(batch(event("one"), event("three"))))
      yield* reader.untilMessages(3)
      assert.deepStrictEqual(reader.eventIds(), ["one", "two", "three"])
      const [first] = reader.messages
      assert.strictEqual(first?.event, "tracking")
      const [entry] = yield* timeline("plan of one")
      assert.deepStrictEqual<unknown>(first?.data, { plan_id: "plan of one", ...entry })
    }))

  it.effect("goes on right after the id that it is given, in the header or the query", () =>
    Effect.gen(function*() {
      const { secret, send, url } = yield* server
      const first = yield* openStream(url, secret)
      const opened = first.lastId()
      verdicts(yield* send(batch(event("one"), event("two"), event("three"))))
      const [one] = yield* first.untilMessages(3)
      yield* first.leave
      const second = yield* openStream(url, secret, { lastEventId: one?.id })
      // The header is newer than the URL with which a browser came first.
      const third = yield* openStream(url, secret, { query: `?last_event_id=${opened}`, lastEventId: one?.id })
      const fourth = yield* openStream(url, secret, { query: `?last_event_id=${opened}` })
      verdicts(yield* send(batch(event("four"))))
      yield* Effect.all([second.untilMessages(3), third.untilMessages(3), fourth.untilMessages(4)])
      assert.deepStrictEqual(second.eventIds(), ["two", "three", "four"])
      assert.deepStrictEqual(third.eventIds(), ["two", "three", "four"])
      assert.deepStrictEqual(fourth.eventIds(), ["one", "two", "three", "four"])
    }))

  it.effect("neither skips nor repeats a transaction that began first and commits last", () =>
    Effect.gen(function*() {
      const { databaseUrl, secret, send, tenantId, url } = yield* server
      const sql = yield* ownerOf(databaseUrl)
      const reader = yield* openStream(url, secret)
      const [written, mayCommit] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
      const late = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at)
          VALUES (${tenantId}, 'late', 'late.one', 'envelope', now())`
        yield* Deferred.succeed(written, undefined)
        yield* Deferred.await(mayCommit)
      })))
      yield* Deferred.await(written)
      verdicts(yield* send(batch(event("early"))))
      // Its first heartbeat says that it has read all that there was to read by then.
      const between = yield* openStream(url, secret, { lastEventId: reader.lastId() })
      yield* between.until(() => between.comments() > 1)
      assert.deepStrictEqual(between.messages, [])
      yield* Deferred.succeed(mayCommit, undefined)
      yield* Fiber.join(late)
      verdicts(yield* send(batch(event("after"))))
      for (const one of [reader, between]) {
        yield* one.untilMessages(3)
        assert.deepStrictEqual(one.eventIds(), ["late", "early", "after"])
      }
    }))

  it.effect("shows a plan's reader the plan's events alone, and a job instance's all of its lives", () =>
    Effect.gen(function*() {
      const { secret, send, url } = yield* server
      const task = { topic: "action-results", type: "work.done", data: { action_id: "task", result: {} } }
      const request = { topic: "action-requests", type: "work", data: { plan_id: "plan of one", action_id: "task" } }
      const plan = yield* openStream(url, secret, { query: "?plan_id=plan%20of%20one" })
      const instance = yield* openStream(url, secret, { query: "?plan_id=continuous:invoice:42" })
      const life = yield* openStream(url, secret, { query: "?plan_id=life-2" })
      verdicts(yield* send(batch(event("one"), event("two"), event("asked", request), job("job-1", "life-1"))))
      verdicts(yield* send(batch(event("done", task), event("other"), job("job-2", "life-2"))))
      yield* Effect.all([plan.untilMessages(3), instance.untilMessages(2), life.untilMessages(1)])
      assert.deepStrictEqual(plan.eventIds(), ["one", "asked", "done"])
      assert.deepStrictEqual(plan.messages.map(({ data }) => data["plan_id"]), Array(3).fill("plan of one"))
      assert.deepStrictEqual(instance.eventIds(), ["job-1", "job-2"])
      assert.deepStrictEqual(life.eventIds(), ["job-2"])
      // What is read later, from the table, is the same.
      const again = yield* openStream(url, secret, { query: "?plan_id=plan%20of%20one&last_event_id=0-0" })
      yield* again.untilMessages(3)
      assert.deepStrictEqual(again.messages, plan.messages)
    }))

  it.effect("tells one server's readers what another takes in, also where no notice comes", () =>
    Effect.gen(function*() {
      const { databaseUrl, secret, tenantId, url } = yield* server
      const { url: other } = yield* serverOver(databaseUrl)
      const reader = yield* openStream(url, secret)
      const prompt = yield* Effect.provideService(serverOver(databaseUrl), StreamSettings, {
        ...standardSettings,
        pollMs: 600_000
      })
      const listener = yield* openStream(prompt.url, secret)
      verdicts(yield* clientOf(other, secret).send(batch(event("there"))))
      verdicts(yield* clientOf(url, secret).send(batch(event("here"))))
      yield* reader.untilMessages(2)
      yield* listener.untilMessages(2)
      assert.sameMembers([...reader.eventIds()], ["there", "here"])
      assert.deepStrictEqual(listener.messages, reader.messages)
      const sql = yield* ownerOf(databaseUrl)
      yield* sql`INSERT INTO event_timeline (tenant_id, event_id, event_type, form, occurred_at)
        VALUES (${tenantId}, 'unheard', 'quiet.one', 'envelope', now())`
      yield* reader.untilMessages(3)
      assert.strictEqual(reader.eventIds()[2], "unheard")
      const resumed = yield* openStream(other, secret, { lastEventId: reader.messages[1]?.id })
      yield* resumed.untilMessages(1)
      assert.deepStrictEqual(resumed.eventIds(), ["unheard"])
    }))

  it.effect("keeps tenants apart", () =>
    Effect.gen(function*() {
      const { makeKey, secret, send, url } = yield* server
      const { secret: theirs } = yield* makeKey("bravo", "ingest", "query")
      const reader = yield* openStream(url, theirs, { query: "?last_event_id=0-0" })
      const watcher = yield* openStream(url, theirs, { query: "?plan_id=plan%20of%20one&last_event_id=0-0" })
      verdicts(yield* send(batch(event("one"))))
      verdicts(yield* clientOf(url, theirs).send(batch(event("own"), event("one"))))
      yield* Effect.all([reader.untilMessages(2), watcher.untilMessages(1)])
      assert.deepStrictEqual(reader.eventIds(), ["own", "one"])
      assert.deepStrictEqual(watcher.eventIds(), ["one"])
      const own = yield* openStream(url, secret, { query: "?last_event_id=0-0" })
      yield* own.untilMessages(1)
      assert.deepStrictEqual(own.eventIds(), ["one"])
    }))

  it.effect("answers a wrong id or plan 400, a key without the scope 403, and HEAD without a body", () =>
    Effect.gen(function*() {
      const { authorization, makeKey, tenantId, url } = yield* server
      const { secret: writer } = yield* makeKey(tenantId, "ingest")
      const stream = `${url}/v1/tracker/stream`
      for (const id of ["1", "-1-0", "1-0-0", "1e3-0", "99999999999999999999-0", "1-2147483648", "abc", " 1-0 x"]) {
        for (
          const answer of [
            yield* request(stream, { headers: { authorization, "last-event-id": id } }),
            yield* request(`${stream}?last_event_id=${encodeURIComponent(id)}`, { headers: { authorization } })
          ]
        ) {
          const { body, contentType } = problem(answer)
          assert.deepStrictEqual(
            [answer.status, body.type, contentType],
            [400, "urn:durable-effect:problem:bad-request", "application/problem+json"],
            id
          )
        }
      }
      for (const plan of ["", "..", "x".repeat(256), "%00"]) {
        assert.strictEqual((yield* request(`${stream}?plan_id=${plan}`, { headers: { authorization } })).status, 400)
      }
      assert.strictEqual((yield* request(stream, { headers: { authorization: `Bearer ${writer}` } })).status, 403)
      assert.strictEqual((yield* request(stream)).status, 401)
      const head = yield* request(stream, { method: "HEAD", headers: { authorization } })
      assert.deepStrictEqual([head.status, head.text, head.headers.get("content-type")], [200, "", "text/event-stream"])
      assert.strictEqual((yield* request(stream, { method: "POST", headers: { authorization } })).status, 405)
    }))
})
