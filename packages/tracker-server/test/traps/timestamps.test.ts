import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted } from "../http/ingestServer.ts"

/** What is taken, and how it is answered. */
const taken: ReadonlyArray<readonly [given: string, shown: string]> = [
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
  ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
  ["9999-12-31T23:59:59.9999999999Z", "9999-12-31T23:59:59.999999Z"],
  ["1582-10-10T00:00:00Z", "1582-10-10T00:00:00Z"],
  ["0099-03-01T00:00:00Z", "0099-03-01T00:00:00Z"],
  ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"],
  ["2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"],
  ["2026-01-11T10:00:00+14:00", "2026-01-10T20:00:00Z"],
  ["2026-01-11T10:00:00-12:00", "2026-01-11T22:00:00Z"],
  ["2026-01-11T10:00:00+05:45", "2026-01-11T04:15:00Z"],
  ["2026-01-11T10:00:00-00:00", "2026-01-11T10:00:00Z"],
  ["2026-01-11T10:00:00+23:59", "2026-01-10T10:01:00Z"],
  ["2026-01-11t10:00:00z", "2026-01-11T10:00:00Z"],
  ["2026-01-11T10:00:00.1Z", "2026-01-11T10:00:00.100Z"],
  ["2026-01-11T10:00:00.123456789Z", "2026-01-11T10:00:00.123456Z"],
  ["1969-12-31T23:59:59.000001Z", "1969-12-31T23:59:59.000001Z"]
]

const refused: ReadonlyArray<unknown> = [
  "0000-12-31T23:59:59Z",
  "0001-01-01T00:00:00+00:01",
  "9999-12-31T23:59:59-00:01",
  "10000-01-01T00:00:00Z",
  "+010000-01-01T00:00:00Z",
  "-0001-01-01T00:00:00Z",
  "2026-02-30T10:00:00Z",
  "2026-02-29T10:00:00Z",
  "1900-02-29T10:00:00Z",
  "2026-04-31T10:00:00Z",
  "2026-00-11T10:00:00Z",
  "2026-13-11T10:00:00Z",
  "2026-01-00T10:00:00Z",
  "2026-01-11T24:00:00Z",
  "2026-01-11T10:60:00Z",
  "2016-12-31T23:59:60Z",
  "2026-01-11T10:00:60Z",
  "infinity",
  "-infinity",
  "now",
  "today",
  "epoch",
  "allballs",
  "",
  " ",
  "1768125600",
  1768125600,
  1768125600000.5,
  true,
  { iso: "2026-01-11T10:00:00Z" },
  ["2026-01-11T10:00:00Z"],
  "2026-01-11T10:00:00",
  "2026-01-11T10:00:00 UTC",
  "2026-01-11T10:00:00 Europe/Berlin",
  "2026-01-11T10:00:00[Europe/Berlin]",
  "2026-01-11T10:00:00+24:00",
  "2026-01-11T10:00:00+02:60",
  "2026-01-11T10:00:00+02",
  "2026-01-11T10:00:00+0200",
  "2026-01-11T10:00:00−02:00",
  "2026-01-11 10:00:00Z",
  "2026-01-11",
  "20260111T100000Z",
  "2026-W02-7T10:00:00Z",
  "2026-1-11T10:00:00Z",
  "2026-01-11T10:00Z",
  "2026-01-11T10:00:00.Z",
  "2026-01-11T10:00:00,5Z",
  " 2026-01-11T10:00:00Z",
  "2026-01-11T10:00:00Z\n",
  "２０２６-01-11T10:00:00Z",
  "2026-01-11T10:00:00Z BC",
  "Sun, 11 Jan 2026 10:00:00 GMT"
]

describe("an event's time", () => {
  it.live("is any real instant of the years 1 to 9999, answered in UTC", () =>
    Effect.gen(function*() {
      const { ask, send, timeline } = yield* ingestServer
      const started = taken.map(([time], i) => planStarted(`e${i}`, { time, data: { plan_id: `p${i}` } }))
      const noted = taken.map(([time], i) => planStarted(`n${i}`, { time, type: "note", plan_id: "all", data: {} }))
      assert.deepStrictEqual(
        codes(yield* send(batch(planStarted("s", { data: { plan_id: "all" } }), ...started, ...noted))),
        {}
      )
      const times = new Map((yield* timeline("all")).map(({ event_id, timestamp }) => [event_id, timestamp]))
      for (const [i, [given, shown]] of taken.entries()) {
        assert.strictEqual(JSON.parse((yield* ask(`/plans/p${i}`)).text).started_at, shown, given)
        assert.strictEqual(times.get(`n${i}`), shown, given)
      }
    }))

  it.live("that is none is refused for its index alone, in each form of event", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const forms: ReadonlyArray<(time: unknown, i: number) => object> = [
        (time: unknown, i: number) => planStarted(`e${i}`, { time }),
        (time: unknown, i: number) => ({ eventId: `j${i}`, timestamp: time, type: "note" }),
        (time: unknown, i: number) => ({ eventId: `w${i}`, timestamp: time, type: "step.started", workflowId: "w" })
      ]
      for (const form of forms) {
        const answer = yield* send(batch(...refused.map(form), form("2026-01-11T10:00:00Z", refused.length)))
        assert.deepStrictEqual(codes(answer), Object.fromEntries(refused.map((_, i) => [i, "invalid_timestamp"])))
      }
      const absent = yield* send(batch(planStarted("a", { time: null }), { ...planStarted("b"), time: undefined }))
      assert.deepStrictEqual(codes(absent), { 0: "missing_field", 1: "missing_field" })
    }))
})
