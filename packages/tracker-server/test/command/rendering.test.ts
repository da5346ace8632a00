import { assert, describe, it } from "@effect/vitest"
import { exampleExplanation, examplePlan, exampleSubPlan, exampleTask } from "../../src/api/examples.ts"
import type { AgentMetrics, Plan, Task, TimelineEvent } from "../../src/api/views.ts"
import { explanationLines } from "../../src/command/render/explanation.ts"
import { agentsLines, jobsLines } from "../../src/command/render/jobs.ts"
import { messageLines } from "../../src/command/render/message.ts"
import { planLines, plansLines } from "../../src/command/render/plan.ts"
import { tasksLines } from "../../src/command/render/tasks.ts"
import { cells } from "../../src/command/render/text.ts"
import { duration } from "../../src/command/render/time.ts"
import { timelineLines } from "../../src/command/render/timeline.ts"
import type { View } from "../../src/command/render/View.ts"

const view = (width: number, hasColour = false): View => ({
  width,
  hasColour,
  nowMs: Date.parse("2026-01-11T10:03:20Z")
})
const [narrow, wide, endless] = [view(40), view(120), view(Infinity)]

const tasks: ReadonlyArray<Task> = [
  exampleTask,
  { ...exampleTask, task_id: "発注-2", state: "failed", error: { message: "no disk\u001B[2J" }, attempt: 2 },
  { task_id: "t3", plan_id: null, event_type: null, state: "running", started_at: null, stalled: true }
]

const told = (
  event_id: string,
  event_type: string,
  time: string,
  fields: Partial<TimelineEvent> = {}
): TimelineEvent => ({
  event_id,
  event_type,
  timestamp: `2026-01-11T${time}Z`,
  parent_event_id: null,
  topic: null,
  source: null,
  received_at: "2026-01-11T10:00:00Z",
  superseded: false,
  data: {},
  ...fields
})

const timeline = {
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  events: [
    told("a", "plan.started", "10:00:00"),
    told("b", "web.search.requested", "10:00:01.5", { parent_event_id: "a", task_id: "task-1" }),
    told("c", "web.search.completed", "10:00:02.750", { parent_event_id: "b", task_id: "task-1" }),
    told("d", "plan.completed", "10:03:22.750", { parent_event_id: "a", superseded: true })
  ]
}

const agent: AgentMetrics = {
  agent_id: "research-worker",
  period: "7d",
  total_tasks: 4,
  completed_tasks: 3,
  failed_tasks: 1,
  cancelled_tasks: 0,
  running_tasks: 0,
  avg_duration_seconds: 43.2,
  p50_duration_seconds: 41.5,
  p95_duration_seconds: 8000,
  success_rate: 0.75
}

const job = {
  job_name: "invoice",
  job_type: "continuous",
  plans: 12,
  runs: 340,
  failed_runs: 3,
  error_rate: 0.009,
  p50_duration_seconds: 1.204,
  p95_duration_seconds: null,
  last_run_at: "2026-01-11T10:00:00.123456Z",
  next_run_at: null
}

describe("a plan", () => {
  it("stands with all that is known of it", () =>
    assert.deepStrictEqual(planLines(examplePlan, wide), [
      "plan-123",
      "  running  ██████████████░░░░░░░░░░  3/5 tasks",
      "  started    2026-01-11 10:00:00Z (3 m 20 s ago)",
      "  state      analyzing",
      "  goal       research.goal",
      "  session    session-1",
      "  trace      4bf92f3577b34da6a3ce929d0e0e4736"
    ]))

  it("says why it failed, and that it is stalled", () => {
    assert.deepStrictEqual(planLines({ ...exampleSubPlan, stalled: true }, endless).slice(1), [
      "  failed, stalled  ████████████████████████  0/1 tasks, 1 failed",
      "  started    2026-01-11 10:02:00Z (1 m 20 s ago)",
      "  completed  2026-01-11 10:02:30Z (50 s ago)",
      "  took       30 s",
      "  state      analyzing",
      "  goal       research.goal",
      "  session    session-1",
      "  parent     plan-123",
      "  trace      4bf92f3577b34da6a3ce929d0e0e4736",
      "  error      no disk"
    ])
  })

  it("is a line among others", () => {
    assert.deepStrictEqual(plansLines([examplePlan, exampleSubPlan], wide), [
      "PLAN      STATUS   TASKS  FAILED  STARTED               GOAL           SESSION",
      "plan-123  running    3/5       0  2026-01-11 10:00:00Z  research.goal  session-1",
      "plan-124  failed     0/1       1  2026-01-11 10:02:00Z  research.goal  session-1"
    ])
    assert.deepStrictEqual(plansLines([], wide), ["There are no such plans."])
    assert.strictEqual(plansLines([examplePlan], wide, true).at(-1), "There are older ones: --limit.")
  })
})

describe("tasks", () => {
  it("stand in columns, aligned also where characters are wide", () =>
    assert.deepStrictEqual(tasksLines(tasks, wide), [
      "TASK    STATE                 TOOK  STARTED               AGENT            WHAT",
      "task-1  completed         1 m 30 s  2026-01-11 10:01:00Z  research-worker  Processing document 3 of 6, 50 %",
      "発注-2  failed            1 m 30 s  2026-01-11 10:01:00Z  research-worker  no disk\\u{1b}[2J, 50 %, attempt 2",
      "t3      running, stalled         –  –"
    ]))

  it("stand in blocks where that is too wide, each id whole", () =>
    assert.deepStrictEqual(tasksLines(tasks.slice(0, 1), narrow), [
      "task-1",
      "  state completed  took 1 m 30 s",
      "  started 2026-01-11 10:01:00Z",
      "  agent research-worker",
      "  what Processing document 3 of 6, 50 %"
    ]))

  it("have the colours of their states where there are colours", () => {
    const [, first = ""] = tasksLines(tasks, view(120, true))
    assert.include(first, "\u001B[32mcompleted\u001B[0m ")
    assert.notInclude(tasksLines(tasks, wide).join(), "\u001B")
  })
})

describe("a timeline", () => {
  it("is a tree with durations, and a line for a time without anything", () =>
    assert.deepStrictEqual(timelineLines(timeline, wide), [
      "4 events from 2026-01-11 10:00:00Z  trace 4bf92f3577b34da6a3ce929d0e0e4736",
      "        +0 s  plan.started  3 m 23 s",
      "      +1.5 s  └ web.search.requested  1.3 s  task-1",
      "      +2.8 s    └ web.search.completed",
      "              … 3 m 20 s idle",
      "   +3 m 23 s  └ plan.completed  superseded"
    ]))

  it("keeps ids whole on a narrow terminal", () =>
    assert.deepStrictEqual(timelineLines(timeline, narrow).slice(3, 6), [
      "      +1.5 s  └ web.search.requested",
      "      1.3 s",
      "      task-1"
    ]))
})

const failed = (event_id: string, event_type: string, parent_event_id: string | null) =>
  told(event_id, event_type, "10:00:01", { parent_event_id, data: { error: { message: "no \u001B disk" } } })

describe("what went wrong", () => {
  const events = [failed("f", "execution.failed", null), failed("r", "retry.scheduled", "f")]

  it("stands beside its event, and once", () =>
    assert.deepStrictEqual(timelineLines({ trace_id: null, events }, wide).slice(1), [
      "        +0 s  execution.failed  no \\u{1b} disk",
      "        +0 s  └ retry.scheduled"
    ]))

  it("stands below it in lines where that is too wide, and is cut where it is very long", () => {
    const [event = assert.fail()] = events
    const told = { ...event, data: { error: "no disk ".repeat(100) } }
    const lines = timelineLines({ trace_id: null, events: [told] }, narrow)
    assert.strictEqual(lines[2], "      no disk no disk no disk no disk no")
    assert.match(lines.at(-1) ?? "", /…$/)
    for (const line of lines) assert.isAtMost(cells(line), 40, line)
  })

  it("is told by the stream too", () => {
    const message = {
      event: "tracking" as const,
      id: "1-3",
      data: { ...events[0] ?? assert.fail(), plan_id: "plan-1" }
    }
    assert.deepStrictEqual(messageLines(message, undefined, wide), [
      "10:00:01Z  execution.failed          –                         plan-1  no \\u{1b} disk"
    ])
    assert.deepStrictEqual(messageLines(message, undefined, narrow), [
      "10:00:01Z  execution.failed",
      "  plan-1",
      "  no \\u{1b} disk"
    ])
  })
})

describe("a list of very many", () => {
  it("is a list like any other", () => {
    const many = Array.from({ length: 130_000 }, (_, i) => ({ ...agent, agent_id: `agent-${i}` }))
    assert.lengthOf(agentsLines(many, wide), 130_001)
  })
})

describe("numbers", () => {
  it("of agents", () =>
    assert.deepStrictEqual(agentsLines([agent], wide), [
      "AGENT            TASKS  RUNNING  COMPLETED  FAILED  CANCELLED  SUCCESS  MEAN   P50       P95",
      "research-worker      4        0          3       1          0     75 %  43 s  42 s  2 h 13 m"
    ]))

  it("of jobs", () =>
    assert.deepStrictEqual(jobsLines([job], wide), [
      "JOB      TYPE        LIVES  RUNS  FAILED  ERRORS    P50  P95  LAST RUN              NEXT RUN",
      "invoice  continuous     12   340       3   0.9 %  1.2 s    –  2026-01-11 10:00:00Z  –"
    ]))
})

describe("an explanation", () => {
  it("has the event for each field, then what has no say", () => {
    const lines = explanationLines(exampleExplanation, new Map([["event-2", "web.search.requested"]]), wide)
    assert.deepStrictEqual(lines.slice(0, 5), [
      "task-1",
      "FIELD             VALUE                 AT                    DECIDED BY            EVENT",
      "plan_id           plan-123              2026-01-11 10:01:00Z  web.search.requested  event-2",
      "event_type        web.search.requested  2026-01-11 10:01:00Z  web.search.requested  event-2",
      "state             completed             2026-01-11 10:02:30Z  –                     event-4"
    ])
    assert.deepStrictEqual(lines.slice(-3), [
      "Events that decide nothing",
      "EVENT    TYPE                  WHY",
      "event-5  web.search.completed  the task's end overrules it"
    ])
  })
})

describe("a message of the stream", () => {
  const message = {
    event: "tracking" as const,
    id: "1-2",
    data: { ...timeline.events[2] ?? assert.fail(), plan_id: "plan\n123" }
  }
  it("is a line", () => {
    assert.deepStrictEqual(messageLines(message, undefined, wide), [
      "10:00:02.750Z  web.search.completed      –                         plan 123  task-1"
    ])
    assert.deepStrictEqual(messageLines(message, undefined, narrow), [
      "10:00:02.750Z  web.search.completed",
      "  plan 123",
      "  task-1"
    ])
  })

  it("says whose it is and what it says, in columns", () => {
    const data = {
      ...message.data,
      plan_id: "plan-1",
      event_type: "task.state_changed",
      source: "worker",
      data: { new_state: "waiting", reason: "rate limit\u001B[2J", attempts: 3 }
    }
    assert.deepStrictEqual(
      [
        messageLines({ ...message, data }, "research.goal", wide),
        messageLines({ ...message, data }, undefined, wide)
      ].flat(),
      [
        "10:00:02.750Z  task.state_changed        research.goal             plan-1  task-1  waiting, rate limit\\u{1b}[2J",
        "10:00:02.750Z  task.state_changed        worker                    plan-1  task-1  waiting, rate limit\\u{1b}[2J"
      ]
    )
    const lines = messageLines({ ...message, data }, "research.goal", narrow)
    assert.deepStrictEqual(lines.slice(1), [
      "  research.goal",
      "  plan-1",
      "  task-1",
      "  waiting, rate limit\\u{1b}[2J"
    ])
  })
})

describe("40 columns", () => {
  const plan: Plan = { ...exampleSubPlan, error: { message: "the disk of the third machine is full, ask the keeper" } }
  it.each<readonly [what: string, lines: ReadonlyArray<string>]>([
    ["a plan", planLines(plan, narrow)],
    ["plans", plansLines([examplePlan, exampleSubPlan], narrow)],
    ["tasks", tasksLines(tasks, narrow)],
    ["a timeline", timelineLines(timeline, narrow)],
    ["agents", agentsLines([agent], narrow)],
    ["jobs", jobsLines([job], narrow)],
    ["an explanation", explanationLines(exampleExplanation, new Map(), narrow)]
  ])("are enough for %s", (_, lines) => {
    for (const line of lines) assert.isAtMost(cells(line), 40, line)
  })
})

describe("a duration", () => {
  it.each([
    [0, "0 s"],
    [0.0004, "0 s"],
    [0.25, "0.25 s"],
    [1.26, "1.3 s"],
    [12.4, "12 s"],
    [59.6, "1 m"],
    [200, "3 m 20 s"],
    [3600, "1 h"],
    [7500, "2 h 5 m"],
    [90_000, "1 d 1 h"]
  ])("of %f s is %s", (seconds, text) => assert.strictEqual(duration(seconds), text))
})
