import { TrackingEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { agentPlan } from "./agentPlans.ts"
import { jobLife, jobTypes } from "./jobLives.ts"
import type { Course } from "./Story.ts"

const course: Course = {
  units: 2,
  failures: 2,
  ending: "completed",
  startMs: Date.parse("2026-01-11T10:00:00Z"),
  gapsMs: [1],
  traceId: "0123456789abcdef0123456789abcdef"
}
const endings = ["running", "completed", "failed", "cancelled"] as const
const isOurs = Schema.is(TrackingEvent)
const uuid = "01890a5d-ac96-774b-bcce-b302099a8057"

describe("the lives that tests tell", () => {
  for (const jobType of jobTypes) {
    it(`are what emitters write of a ${jobType} job`, () => {
      for (const ending of endings) {
        const names = { incarnationId: uuid, jobName: "audit", id: "1" }
        const { events, reports } = jobLife(jobType, names, { ...course, ending })
        assert.deepStrictEqual(events.filter((event) => !isOurs({ ...event, eventId: uuid })), [])
        assert.deepStrictEqual(reports?.filter((event) => !isOurs(event)), [])
      }
    })
  }

  it("are what emitters write of a plan", () => {
    const names = { planId: "plan", planner: "planner", worker: "worker", sessionId: "session" }
    for (const ending of endings) {
      const [goal, ...events] = agentPlan(names, { ...course, ending }).events
      assert.strictEqual(goal?.["topic"], "business-facts")
      assert.deepStrictEqual(events.filter((event) => !isOurs(event)), [])
    }
  })
})
