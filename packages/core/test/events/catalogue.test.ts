import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { catalogue, enrichEvent, JobEvent, TrackingEvent, TrackingEventWire } from "../../src/index.ts"

const named = catalogue.map((entry) => ({ name: entry.type === "*" ? `* of ${entry.topic}` : entry.type, entry }))
const jobEntries = named.filter(({ entry }) => entry.topic === undefined)

describe("the catalogue", () => {
  it("lists every event once, with a description", () => {
    const names = named.map(({ name }) => name)
    assert.deepStrictEqual(names, [...new Set(names)])
    assert.lengthOf(names, TrackingEvent.members.length)
    assert.lengthOf(jobEntries, JobEvent.members.length)
    for (const { entry } of named) assert.isAbove(entry.description.length, 10, entry.type)
  })

  it.effect.each(named)(
    "has for $name a strict schema that gives back what it wrote",
    ({ entry }) =>
      Effect.gen(function*() {
        const encode = Schema.encodeUnknownEffect(entry.schema)
        const decode = Schema.decodeUnknownEffect(entry.schema)
        const decodeAny = Schema.decodeUnknownEffect(TrackingEvent)
        const result = yield* Arbitrary.checkEffect(Arbitrary.schema(entry.schema), (event) =>
          Effect.gen(function*() {
            const wire = yield* encode(event)
            assert.deepStrictEqual(yield* decode(wire), event)
            assert.deepStrictEqual(yield* decodeAny(wire), event)
            return true
          }), { runs: 50 })
        assert.include(result, { _tag: "Passed" })
      })
  )

  it.effect("has a wire form that every event fits once the tracker has added its origin", () =>
    Effect.gen(function*() {
      const decode = Schema.decodeUnknownEffect(TrackingEventWire)
      const result = yield* Arbitrary.checkEffect(Arbitrary.schema(TrackingEvent), (event) =>
        Effect.gen(function*() {
          const wire = enrichEvent(event, { env: "test", serviceKey: "core" })
          assert.deepStrictEqual(yield* decode(wire), wire)
          return true
        }), { runs: 200 })
      assert.include(result, { _tag: "Passed" })
    }))
})

const accepts = ({ entry }: (typeof named)[number], input: object) =>
  Effect.isSuccess(Schema.decodeUnknownEffect(entry.accepts)(input))

describe("what a server accepts of an event's own fields", () => {
  it.effect.each(named)(
    "of $name is none of them, and unknown ones, so that every emitter fits",
    (named) =>
      Effect.gen(function*() {
        assert.isTrue(yield* accepts(named, {}))
        assert.isTrue(yield* accepts(named, { somethingNew: { of: "tomorrow" } }))
      })
  )

  it("are not the base fields, which have rules of their own", () => {
    const { accepts } = jobEntries.find(({ name }) => name === "job.created")?.entry ?? assert.fail()
    assert.deepStrictEqual(Object.keys(accepts.fields), ["input"])
  })

  it.effect.each(
    [
      { type: "execution.failed", wrong: { willRetry: "yes" } },
      { type: "execution.failed", wrong: { durationMs: -1 } },
      { type: "execution.started", wrong: { attempt: 1.5 } },
      { type: "job.completed", wrong: { reason: "bored" } },
      { type: "alarm.scheduled", wrong: { scheduledFor: "2026-02-30T00:00:00Z" } },
      { type: "retry.exhausted", wrong: { lastError: "boom" } },
      { type: "task.progress", wrong: { progress: 1.1 } },
      { type: "task.state_changed", wrong: { new_state: "asleep" } },
      { type: "delegation.started", wrong: { total_tasks: "3" } }
    ]
  )("of $type is not $wrong", ({ type, wrong }) =>
    Effect.gen(function*() {
      const found = named.find(({ entry }) => entry.type === type)
      assert.isDefined(found)
      assert.isFalse(yield* accepts(found, wrong))
    }))
})
