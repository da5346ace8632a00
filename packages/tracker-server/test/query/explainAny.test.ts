import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { decode } from "../../src/ingest/decode.ts"
import type { TrackedEvent } from "../../src/ingest/IncomingEvent.ts"
import { factKey, sequenceKey, spokenBy, spokenInSequence } from "../../src/projection/Fact.ts"
import { shownInstant } from "../../src/projection/instant.ts"
import { projectAll } from "../../src/projection/project.ts"
import { namedTask, type TaskExecution } from "../../src/projection/TaskExecution.ts"
import { explainedFields, firstToSay, saidOf, whyIgnored } from "../../src/query/explain.ts"
import { taskView } from "../../src/query/taskView.ts"
import { anyEvents } from "../projection/anyEvents.ts"
import { runCount } from "../projection/runCount.ts"
import { eventsOf, wholeLives } from "../projection/wholeLives.ts"

const nowMs = Date.parse("2026-01-11T10:01:30Z")
const reception = { receivedAt: "2026-01-11T10:01:30.000000Z", requestTraceId: null }

const anyHistory = fc.oneof(
  { weight: 3, arbitrary: anyEvents },
  { weight: 1, arbitrary: fc.tuple(anyEvents, wholeLives).map(([any, lives]) => [...any, ...eventsOf(lives)]) }
).map((sent): ReadonlyArray<TrackedEvent> =>
  sent.flatMap((event) => {
    const decoded = decode(event)
    return decoded._tag === "Event" ? [decoded.event] : []
  })
)

/** Everything but when something was received. */
const factsOf = (task: TaskExecution) => ({ ...task, firstReceivedAt: "", lastReceivedAt: "" })

/** Whether an event says that a task ended otherwise than it did. */
const isAgainst = (event: TrackedEvent, { state, taskId }: TaskExecution) => {
  const said = saidOf(event, taskId)?.state.value ?? null
  return said !== null && said.completedAt !== null && said.state !== state.value?.state
}

/** What an event alone says of a field, as the field's answer has it. */
const saidBy = (event: TrackedEvent, taskId: string) => {
  const said = saidOf(event, taskId)
  return said && taskView(said, undefined, nowMs)
}

describe("any task's explanation", () => {
  it("names for each field of its answer an event that says so, and ignores none that matters", () =>
    fc.assert(
      fc.property(anyHistory, (events) => {
        const facts = projectAll(events, reception)
        const byId = new Map(events.map((event) => [event.eventId, event]))
        for (const [taskId, task] of facts.tasks) {
          if (!task.known) continue
          const own = events.filter((event) => event.taskId === taskId)
          const unkeyed = {
            startedBy: firstToSay(own, task, "startedAt"),
            attemptBy: firstToSay(own, task, "attempt")
          }
          const plan = facts.plans.get(task.plan.value ?? "")
          const view = taskView(task, plan, nowMs)
          const { stalled, ...fields } = explainedFields(view, task, plan, unkeyed)
          const { stalled: isStalled, task_id: _, ...shown } = view
          assert.deepStrictEqual(
            Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])),
            shown
          )
          assert.strictEqual(stalled.value, isStalled)
          for (const [name, { event_id, timestamp, value }] of Object.entries({ ...fields, stalled })) {
            const event = event_id === null ? undefined : byId.get(event_id)
            if (event === undefined) {
              // Nobody has told of it: what is shown is what anyone starts from.
              assert.deepInclude([null, false], value, name)
              continue
            }
            assert.strictEqual(timestamp, shownInstant(event.occurredAt), name)
            const said = saidBy(event, taskId)
            // An end of the plan says what it says of the plan.
            if (said === undefined || name === "stalled" || name === "duration_seconds") continue
            assert.deepStrictEqual(Object.entries(said).find(([field]) => field === name)?.[1], value, name)
          }
          // What speaks against the end may tell who did the work; all else that is ignored could as well not be there.
          const hasNoSay = (event: TrackedEvent) =>
            event.taskId === taskId && whyIgnored(event, task, unkeyed) !== undefined && !isAgainst(event, task)
          const without = projectAll(events.filter((event) => !hasNoSay(event)), reception).tasks.get(taskId)
          assert.deepStrictEqual(factsOf(without ?? namedTask(taskId, "")), factsOf(task))
          for (const event of own) {
            if (isAgainst(event, task)) assert.strictEqual(whyIgnored(event, task, unkeyed), "superseded")
            if (event.eventId === spokenBy(task.state.key)?.eventId) {
              assert.isUndefined(whyIgnored(event, task, unkeyed))
            }
          }
        }
      }),
      { numRuns: runCount(150) }
    ), 600_000)
})

describe("a fact's key", () => {
  it("names the event that it was made of", () =>
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "binary" }),
        fc.maxSafeNat(),
        fc.constantFrom("0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"),
        fc.constantFrom("0", "1", "2"),
        (eventId, sequence, occurredAt, mark) => {
          const event = { eventId, sequence, occurredAt }
          assert.deepStrictEqual(spokenBy(factKey(event, mark, mark)), { eventId, occurredAt })
          assert.deepStrictEqual(spokenInSequence(sequenceKey(event)), { eventId, occurredAt })
        }
      )
    ))

  it("that is empty names none", () => assert.deepStrictEqual([spokenBy(""), spokenInSequence("")], [null, null]))
})
