import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { traceOf } from "../../src/ingest/traceparent.ts"
import { adminServer, planStarted } from "../admin/AdminServer.ts"

const trace = "0123456789abcdef0123456789abcdef"
const span = "0123456789abcdef"

describe("traceOf", () => {
  it.each([
    [`00-${trace}-${span}-01`, trace],
    [`00-${trace}-${span}-00`, trace],
    [`01-${trace}-${span}-01`, trace],
    [`01-${trace}-${span}-01-more`, trace],
    [`00-${trace}-${span}-01-more`, null],
    [`ff-${trace}-${span}-01`, null],
    [`00-${"0".repeat(32)}-${span}-01`, null],
    [`00-${trace}-${"0".repeat(16)}-01`, null],
    [`00-${trace.toUpperCase()}-${span}-01`, null],
    [`00-${trace}-${span}`, null],
    [`00-${trace}-${span}-01x`, null],
    [`x00-${trace}-${span}-01`, null],
    ["", null],
    [undefined, null]
  ])("of %s is %s", (traceparent, expected) => {
    assert.strictEqual(traceOf(traceparent), expected)
  })
})

const traceOfRequest = (i: number) => String(i + 1).padStart(32, "0")

describe("the traceparent of a request", () => {
  it.live("is kept with the events of that request and of no other, apart from their own trace", () =>
    Effect.gen(function*() {
      const { as, sql, url } = yield* adminServer
      const { ask, secret } = yield* as("acme")
      const requests = Array.from({ length: 12 }, (_, i) => i)
      yield* Effect.forEach(requests, (i) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}/v1/events`, {
            method: "POST",
            headers: {
              authorization: `Bearer ${secret}`,
              "content-type": "application/json",
              ...(i === 0 ? {} : { traceparent: `00-${traceOfRequest(i)}-${span}-01` })
            },
            body: JSON.stringify({
              events: [
                planStarted(`without-${i}`, `plan-${i}`),
                { ...planStarted(`with-${i}`, `own-${i}`), trace_id: `own-trace-${i}` },
                // Nothing but the request says that this belongs to the plan, which is not enough.
                { ...planStarted(`stray-${i}`, ""), type: "remark", topic: "business-facts", data: {} }
              ]
            })
          })
          assert.strictEqual(answer.status, 200)
        }), { concurrency: "unbounded" })
      const stored = yield* sql<{ event_id: string; trace_id: string | null; request_trace_id: string | null }>`
        SELECT event_id, trace_id, request_trace_id FROM event_timeline`
      const byId = new Map(
        stored.map(({ event_id, request_trace_id, trace_id }) => [event_id, [trace_id, request_trace_id]])
      )
      for (const i of requests) {
        const expected = i === 0 ? null : traceOfRequest(i)
        assert.deepStrictEqual(byId.get(`without-${i}`), [null, expected])
        assert.deepStrictEqual(byId.get(`with-${i}`), [`own-trace-${i}`, expected])
        const { trace_id } = JSON.parse((yield* ask("GET", `/v1/tracker/plans/plan-${i}`)).text)
        assert.strictEqual(trace_id, expected)
        assert.strictEqual(
          JSON.parse((yield* ask("GET", `/v1/tracker/plans/own-${i}`)).text).trace_id,
          `own-trace-${i}`
        )
        const { events } = JSON.parse((yield* ask("GET", `/v1/tracker/plans/plan-${i}/timeline`)).text)
        assert.deepStrictEqual(events.map(({ event_id }: { event_id: string }) => event_id), [`without-${i}`])
      }
    }))
})
