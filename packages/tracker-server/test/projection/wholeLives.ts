import * as fc from "fast-check"
import { agentPlan } from "../lives/agentPlans.ts"
import { earlierLife } from "../lives/earlierLives.ts"
import { jobLife, jobTypes } from "../lives/jobLives.ts"
import type { Course, Story } from "../lives/Story.ts"
import { workflowLife } from "../lives/workflowLives.ts"

/** Several events may share a millisecond; each story has its trace. */
const course = (trace: string): fc.Arbitrary<Course> =>
  fc.record({
    units: fc.integer({ min: 1, max: 3 }),
    failures: fc.nat(3),
    ending: fc.constantFrom("running", "completed", "failed", "cancelled"),
    startMs: fc.constant(Date.parse("2026-01-11T10:00:00Z")),
    gapsMs: fc.array(fc.constantFrom(0, 0, 1, 250, 1000), { minLength: 7, maxLength: 7 }),
    traceId: fc.constant(trace.repeat(32))
  })

const jobNames = (incarnationId: string) => ({ incarnationId, jobName: "audit", id: "1" })

/** One story of each kind, two of them lives of one job instance. All are plans of their own. */
export const wholeLives: fc.Arbitrary<ReadonlyArray<Story>> = fc.tuple(
  fc.tuple(fc.constantFrom(...jobTypes), course("1"), course("2")).map(([jobType, first, second]) => [
    jobLife(jobType, jobNames("life-1"), first),
    jobLife(jobType, jobNames("life-2"), second)
  ]),
  course("3").map((course) => [earlierLife({ jobName: "earlier-audit", id: "1" }, course)]),
  course("4").map((course) => [workflowLife({ workflowId: "w", workflowName: "order" }, course)]),
  course("5").map((course) => [
    agentPlan({ planId: "plan-1", planner: "agent-1", worker: "agent-2", sessionId: "session-1" }, course)
  ])
).map((stories) => stories.flat())

/** All that the stories say. */
export const eventsOf = (stories: ReadonlyArray<Story>): ReadonlyArray<object> =>
  stories.flatMap(({ events }) => events)
