import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { makeUuid7 } from "../../src/events/Uuid7.ts"
import {
  createJobBaseEvent,
  createTaskEvent,
  enrichEvent,
  EventIds,
  isTerminalEvent,
  nextEventId,
  PlanStarted,
  TaskProgress
} from "../../src/index.ts"
import { jobEvent } from "../fixtures.ts"

const base = {
  instanceId: "task:mail:7",
  jobType: "task",
  jobName: "mail",
  incarnationId: "0194a1f0-0000-7000-8000-000000000001",
  sequence: 1,
  traceId: "0af7651916cd43dd8448eb211c80319c"
} as const

const isUuid7 = Schema.is(Schema.String.check(Schema.isUUID(7)))

/** The instant in a UUIDv7: its first 48 bits, epoch milliseconds. */
const instantOf = (uuid: string) => Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16)

/** Ids that begin anew: other tests' clocks may have been later than this one's. */
const ownEventIds = Effect.provideServiceEffect(EventIds, Effect.sync(() => ({ next: makeUuid7() })))

describe("event ids", () => {
  it.effect("increase strictly, within a millisecond and with a clock that steps back", () =>
    Effect.gen(function*() {
      const ids: Array<string> = []
      for (
        const [now, count] of [[1_768_125_600_000, 5000], [1_768_125_599_000, 5000], [1, 10], [
          1_768_125_600_001,
          10
        ]] as const
      ) {
        yield* TestClock.setTime(now)
        for (let made = 0; made < count; made++) ids.push((yield* nextEventId).eventId)
      }
      assert.deepStrictEqual(ids, [...new Set(ids)].toSorted())
      assert.strictEqual(instantOf(ids.at(-1) ?? ""), 1_768_125_600_001)
    }).pipe(ownEventIds))

  it("are UUIDs of version 7 with the newest instant so far, strictly increasing, whatever the clock says", () => {
    const instant = fc.oneof(fc.nat(3), fc.double({ min: -5, max: 2 ** 48 - 1, noNaN: true }))
    fc.assert(fc.property(fc.array(instant, { maxLength: 50 }), (instants) => {
      const next = makeUuid7()
      let newest = 0
      let before = ""
      for (const at of instants) {
        newest = Math.max(newest, Math.floor(at))
        const id = next(at)
        assert.isTrue(isUuid7(id), id)
        assert.strictEqual(instantOf(id), newest)
        assert.isTrue(id > before, `${id} after ${before}`)
        before = id
      }
    }))
  })

  it("increase strictly through more ids of a millisecond than their last counted digits can tell apart", () => {
    const next = makeUuid7()
    const ids = Array.from({ length: 2 ** 16 + 1 }, () => next(1))
    assert.isTrue(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? "")))
  })

  it("do not meet those of another process: the rest is random", () => {
    const makers = Array.from({ length: 100 }, makeUuid7)
    const tails = makers.map((next) => next(1).slice(15))
    assert.strictEqual(new Set(tails).size, tails.length)
    // All random bits take both values: 11 of the counter, whose first is 0 for room, and 32 behind it among them.
    const bits = (position: number) => new Set(makers.map((next) => Number.parseInt(next(2).charAt(position), 16)))
    for (const position of [15, 16, 17, 20, 21, 22, 24, 28, 35]) assert.isAbove(bits(position).size, 2)
  })

  it.effect("work at the epoch, where a test clock begins", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      const { eventId, timestamp } = yield* nextEventId
      assert.match(eventId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.strictEqual(timestamp, "1970-01-01T00:00:00.000Z")
    }))

  it.effect("come from whatever a test puts in their place", () =>
    Effect.gen(function*() {
      let count = 0
      const counting = { next: () => String(++count) }
      const made = yield* Effect.all([nextEventId, nextEventId]).pipe(Effect.provideService(EventIds, counting))
      assert.deepStrictEqual(made.map(({ eventId }) => eventId), ["1", "2"])
    }))
})

describe("createJobBaseEvent", () => {
  it.effect("adds id, instant and source to what the emitter knows", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-01-11T10:00:00.123Z"))
      const { eventId, ...event } = yield* createJobBaseEvent({ ...base, executionId: "e1" })
      assert.deepStrictEqual(event, {
        ...base,
        executionId: "e1",
        source: "job",
        timestamp: "2026-01-11T10:00:00.123Z"
      })
      assert.strictEqual(instantOf(eventId), Date.parse("2026-01-11T10:00:00.123Z"))
    }).pipe(ownEventIds))
})

describe("createTaskEvent", () => {
  it.effect("makes a complete envelope at the clock's instant", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-01-11T10:00:00Z"))
      yield* TestClock.adjust("1500 millis")
      const progress = yield* createTaskEvent("task.progress", "worker", {
        task_id: "t1",
        state: "running",
        progress: 0.5
      })
      const { id, ...rest } = yield* Schema.decodeUnknownEffect(TaskProgress)(progress)
      assert.deepStrictEqual(rest, {
        source: "worker",
        specversion: "1.0",
        type: "task.progress",
        time: "2026-01-11T10:00:01.500Z",
        topic: "system-events",
        data: { task_id: "t1", state: "running", progress: 0.5 }
      })
      assert.strictEqual(id, progress.id)
    }))

  it.effect("carries the attributes that it is given", () =>
    Effect.gen(function*() {
      const attributes = { trace_id: "trace-1", parent_event_id: "e0", session_id: "s1" }
      const event = yield* createTaskEvent("plan.started", "planner", { plan_id: "p1" }, attributes)
      assert.deepInclude(yield* Schema.decodeUnknownEffect(PlanStarted)(event), attributes)
    }))
})

describe("enrichEvent", () => {
  it.effect("adds the tracker's origin, which the event cannot override, and leaves the event as it is", () =>
    Effect.gen(function*() {
      const event = yield* jobEvent()
      const forged = { ...event, env: "elsewhere" }
      assert.deepStrictEqual(enrichEvent(forged, { env: "test", serviceKey: "core" }), {
        ...event,
        env: "test",
        serviceKey: "core"
      })
      assert.strictEqual(forged.env, "elsewhere")
    }))
})

describe("isTerminalEvent", () => {
  const header = { eventId: "1", timestamp: "2026-01-11T10:00:00Z" }
  const envelope = { id: "1", time: "2026-01-11T10:00:00Z" }
  it.each([
    [{ ...header, type: "job.completed" }, true],
    [{ ...header, type: "job.failed" }, true],
    [{ ...header, type: "job.terminated" }, true],
    [{ ...header, type: "execution.succeeded" }, true],
    [{ ...header, type: "execution.failed", willRetry: false }, true],
    [{ ...header, type: "execution.failed", willRetry: true }, false],
    [{ ...header, type: "execution.started" }, false],
    [{ ...header, type: "alarm.scheduled" }, false],
    [{ ...envelope, type: "plan.completed" }, true],
    [{ ...envelope, type: "plan.failed" }, true],
    [{ ...envelope, type: "plan.cancelled" }, true],
    [{ ...envelope, type: "plan.started" }, false],
    [{ ...envelope, type: "task.state_changed", data: { new_state: "failed" } }, true],
    [{ ...envelope, type: "task.state_changed", data: { new_state: "waiting" } }, false],
    [{ ...envelope, type: "task.progress", data: { state: "completed" } }, true],
    [{ ...envelope, type: "task.progress", data: { state: "running" } }, false],
    [{ ...envelope, type: "task.progress", data: null }, false],
    [{ ...envelope, type: "web.searched", topic: "action-results" }, true],
    [{ ...envelope, type: "web.search", topic: "action-requests" }, false]
  ])("of %j is %s", (event, expected) => assert.strictEqual(isTerminalEvent(event), expected))
})
