import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { answerExplain } from "../../src/query/answerExplain.ts"
import {
  earlier,
  envelope,
  life,
  onEachStore,
  refused,
  request,
  result,
  tell,
  tenant,
  time
} from "../projection/stores.ts"

const explain = (id: string, page: Parameters<typeof answerExplain>[2] = {}) => answerExplain(tenant, id, page)

const progress = (id: string, at: string, fields: object = {}) =>
  envelope("task.progress", at, { task_id: "t", plan_id: "p", state: "running", ...fields }, { id })

const ended = (task_id: string, at: string) =>
  envelope("task.state_changed", at, { task_id, plan_id: "p", previous_state: "running", new_state: "completed" }, {
    id: `${task_id} ended`
  })

/** Which event decided which field. */
const deciders = (id: string) =>
  Effect.map(
    explain(id),
    ({ fields }) => Object.fromEntries(Object.entries(fields).map(([name, { event_id }]) => [name, event_id]))
  )

const ignored = (id: string) =>
  Effect.map(explain(id), ({ ignored }) => ignored.map(({ event_id, reason }) => `${event_id} ${reason}`))

describe("an explanation", () => {
  onEachStore(
    "finds who told of a start first among many of its instant, however large they are",
    () =>
      Effect.gen(function*() {
        const text = "x".repeat(250_000)
        yield* tell(
          request("t", time(0), { plan_id: "p" }, { id: "z asked" }),
          ...Array.from(
            { length: 18 },
            (_, i) => envelope("note", time(0), { task_id: "t", text }, { id: `large ${i}` })
          )
        )
        yield* tell(
          ...Array.from({ length: 120 }, (_, i) => envelope("note", time(0), { task_id: "t" }, { id: `small ${i}` }))
        )
        assert.deepInclude(yield* deciders("t"), { started_at: "z asked", state: "z asked" })
      })
  )

  onEachStore("names the event behind each field, and why others are not behind any", () =>
    Effect.gen(function*() {
      yield* tell(
        request("t", time(0), { plan_id: "p", assigned_to: "hinted" }, { id: "asked" }),
        progress("first", time(1), { progress: 0.3, message: "a third" }),
        progress("second", time(2), { progress: 0.6 }),
        result("t", time(3), { success: false, error: "boom" }, { id: "failed", source: "loser" }),
        progress("late", time(1, 30), { progress: 0.1 }),
        result("t", time(4), { success: true }, { id: "contradicts" }),
        result("t", time(4), { success: false }, { id: "repeats" }),
        envelope("task.state_changed", time(5), {
          task_id: "t",
          plan_id: "p",
          previous_state: "failed",
          new_state: "running"
        }, { id: "after the end" }),
        envelope("never.heard.of", time(5), { task_id: "t", plan_id: "p" }, { id: "unknown" })
      )
      const { fields } = yield* explain("t")
      assert.deepStrictEqual(fields, {
        plan_id: { value: "p", event_id: "asked", timestamp: time(0) },
        event_type: { value: "web.search.requested", event_id: "asked", timestamp: time(0) },
        state: { value: "failed", event_id: "failed", timestamp: time(3) },
        started_at: { value: time(0), event_id: "asked", timestamp: time(0) },
        completed_at: { value: time(3), event_id: "failed", timestamp: time(3) },
        duration_seconds: { value: 180, event_id: "failed", timestamp: time(3) },
        progress: { value: 0.6, event_id: "second", timestamp: time(2) },
        message: { value: "a third", event_id: "first", timestamp: time(1) },
        agent_id: { value: "loser", event_id: "failed", timestamp: time(3) },
        stalled: { value: false, event_id: "failed", timestamp: time(3) },
        error: { value: "boom", event_id: "failed", timestamp: time(3) }
      })
      assert.deepStrictEqual(yield* ignored("t"), [
        "after the end superseded",
        "repeats superseded",
        "contradicts superseded",
        "late older"
      ])
    }))

  onEachStore(
    "follows an execution: its attempt, its retry, its plan's alarm, its plan's end",
    () =>
      Effect.gen(function*() {
        const error = { message: "boom" }
        yield* tell(
          ...life(
            "life",
            ["job.started", time(0)],
            ["execution.started", time(1), { attempt: 1, handler: "execute" }],
            ["execution.failed", time(2), { attempt: 1, willRetry: true, error }],
            ["retry.scheduled", time(2), { attempt: 2, retryAt: time(3), error }],
            ["retry.attempted", time(3), { attempt: 2 }],
            ["execution.started", time(3), { attempt: 2, handler: "execute" }]
          )
        )
        const running = {
          plan_id: "life-2",
          event_type: "life-2",
          state: "life-6",
          started_at: "life-2",
          agent_id: "life-6",
          attempt: "life-5",
          stalled: null
        }
        assert.deepStrictEqual(yield* deciders("life:r1"), running)
        assert.deepStrictEqual(yield* ignored("life:r1"), ["life-4 older", "life-3 older"])
        const alarm = ["alarm.scheduled", time(3), { scheduledFor: time(4), kind: "schedule", sequence: 7 }] as const
        yield* tell({ ...life("life", alarm)[0], eventId: "alarm" })
        assert.deepStrictEqual(yield* deciders("life:r1"), { ...running, stalled: "alarm" })
        yield* tell({ ...life("life", ["job.terminated", time(4), { sequence: 8 }])[0], eventId: "end" })
        assert.deepStrictEqual(yield* deciders("life:r1"), {
          ...running,
          state: "end",
          completed_at: "end",
          duration_seconds: "end",
          stalled: "end"
        })
        // Who said the attempt again says nothing new of it.
        const done = ["execution.succeeded", time(3, 30), { attempt: 2, sequence: 9 }] as const
        yield* tell({ ...life("life", done)[0], eventId: "done" })
        assert.deepInclude(yield* deciders("life:r1"), { state: "done", attempt: "life-5" })
      })
  )

  onEachStore("finds a start that an earlier emitter tells of afterwards", () =>
    Effect.gen(function*() {
      const sent = earlier(
        "continuous",
        ["job.failed", time(1), { runCount: 1, attempt: 1, durationMs: 10_000, willRetry: true, error: "boom" }],
        ["job.executed", time(2), { runCount: 1, attempt: 2, durationMs: 1000 }]
      )
      yield* tell(...sent)
      const [failed, executed] = sent.map(({ eventId }) => eventId)
      const found = yield* deciders("continuous:audit:1:r1")
      assert.deepInclude(found, { started_at: failed, attempt: executed, state: executed })
    }))

  onEachStore(
    "tells of an end that does not stand, also where it decides who did the work",
    () =>
      Effect.gen(function*() {
        yield* tell(
          ended("agrees", time(1)),
          result("agrees", time(2), { success: true }, { id: "agreed", source: "worker-2" }),
          ended("differs", time(1)),
          result("differs", time(2), { success: false }, { id: "differed", source: "worker-2" })
        )
        for (const [id, answered] of [["agrees", "agreed"], ["differs", "differed"]] as const) {
          assert.deepInclude(yield* deciders(id), { state: `${id} ended`, agent_id: answered })
        }
        assert.deepStrictEqual(yield* ignored("agrees"), [])
        assert.deepStrictEqual(yield* ignored("differs"), ["differed superseded"])
      })
  )

  onEachStore("says nothing of what nobody has told", () =>
    Effect.gen(function*() {
      yield* tell(result("stray", time(0), { plan_id: "p" }, { id: "answered" }))
      const { fields } = yield* explain("stray")
      const unknown = { value: null, event_id: null, timestamp: null }
      assert.deepInclude(fields, { plan_id: unknown, started_at: unknown })
      yield* tell(progress("pending", time(0), { state: "pending" }))
      assert.deepInclude(yield* deciders("t"), { state: "pending", started_at: null, stalled: null })
      for (const id of ["absent", "", "a\0"]) assert.strictEqual((yield* refused(explain(id)))._tag, "NotFound", id)
    }))

  onEachStore(
    "comes in pages, each as short however many events there are, the newest first",
    () =>
      Effect.gen(function*() {
        const flood = Array.from(
          { length: 40 },
          (_, i) => progress(`e${String(i).padStart(2, "0")}`, time(i), { progress: i / 100 })
        )
        yield* tell(...flood.toReversed(), envelope("never.heard.of", time(9), { task_id: "t" }))
        const pages: Array<ReadonlyArray<string>> = []
        let cursor: string | undefined
        do {
          const page: Effect.Success<ReturnType<typeof explain>> = yield* explain("t", { limit: "7", cursor })
          assert.deepInclude(page.fields.progress, { value: 0.39, event_id: "e39" })
          pages.push(page.ignored.map(({ event_id }) => event_id))
          cursor = page.next_cursor
        } while (cursor !== undefined)
        // The first decides the start, the last the rest.
        assert.deepStrictEqual(pages.flat(), flood.slice(1, -1).map(({ id }) => id).toReversed())
        assert.deepStrictEqual(pages.map(({ length }) => length), [7, 7, 7, 7, 7, 3])
        for (const page of [{ limit: "0" }, { cursor: "x" }]) {
          assert.strictEqual((yield* refused(explain("t", page)))._tag, "BadRequest")
        }
      })
  )
})
