import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerGroup } from "../../src/query/answerGroup.ts"
import { answerTask } from "../../src/query/answerTask.ts"
import { answerTasks } from "../../src/query/answerTasks.ts"
import { bounded, maxEntries } from "../../src/query/bounded.ts"
import { maxPageBytes } from "../../src/query/bounded.ts"
import {
  envelope,
  life,
  onEachStore,
  refused,
  request,
  result,
  task,
  tell,
  tenant,
  time
} from "../projection/stores.ts"

const details = (id: string, cursor?: string) => answerTask(tenant, id, cursor)
const group = (id: string, cursor?: string) => answerGroup(tenant, id, cursor)

const change = (id: string, at: string, task_id: string, previous_state: string, new_state: string, reason?: string) =>
  envelope("task.state_changed", at, { task_id, plan_id: "p", previous_state, new_state, reason }, { id })

describe("a task", () => {
  onEachStore("is as in its plan, with its transitions by instant and event", () =>
    Effect.gen(function*() {
      yield* tell(
        request("t", time(0), { plan_id: "p", assigned_to: "worker" }),
        change("b", time(2), "t", "running", "waiting", "no answer"),
        change("a", time(2), "t", "waiting", "running"),
        // Late, and senseless: told all the same.
        change("c", time(1), "t", "completed", "pending"),
        change("other", time(1), "u", "pending", "running"),
        result("t", time(3), { success: false, error: { message: "boom" } })
      )
      assert.deepStrictEqual(yield* details("t"), {
        task_id: "t",
        plan_id: "p",
        event_type: "web.search.requested",
        state: "failed",
        started_at: time(0),
        completed_at: time(3),
        duration_seconds: 180,
        agent_id: "worker",
        stalled: false,
        error: { message: "boom" },
        transitions: [
          { from_state: "completed", to_state: "pending", reason: null, transitioned_at: time(1), event_id: "c" },
          { from_state: "waiting", to_state: "running", reason: null, transitioned_at: time(2), event_id: "a" },
          { from_state: "running", to_state: "waiting", reason: "no answer", transitioned_at: time(2), event_id: "b" }
        ]
      })
      const { transitions: _, ...own } = yield* details("t")
      assert.deepStrictEqual(own, yield* task("p", "t"))
    }))

  onEachStore("is found without a plan, as is a stray result's", () =>
    Effect.gen(function*() {
      yield* tell(
        result("stray", time(0), { plan_id: "p" }),
        request("loose", time(0)),
        envelope("never.heard.of", time(0), { task_id: "unknown" })
      )
      assert.deepStrictEqual(yield* details("stray"), {
        task_id: "stray",
        plan_id: null,
        event_type: "web.search.completed",
        state: "completed",
        started_at: null,
        completed_at: time(0),
        agent_id: "worker",
        stalled: false,
        transitions: []
      })
      assert.deepInclude(yield* details("loose"), { plan_id: null, state: "pending", started_at: time(0) })
      for (const id of ["unknown", "absent", "", "a\0", "x".repeat(256)]) {
        assert.strictEqual((yield* refused(details(id)))._tag, "NotFound", id)
      }
    }))

  onEachStore("reads as its plan leaves it: given up, or stalled by its next run", () =>
    Effect.gen(function*() {
      yield* tell(
        request("t", time(0), { plan_id: "p" }),
        envelope("plan.cancelled", time(1), { plan_id: "p" }),
        ...life("life", ["execution.started", time(0), { attempt: 2 }], ["alarm.scheduled", time(1), {
          scheduledFor: time(2),
          kind: "retry"
        }])
      )
      assert.deepInclude(yield* details("t"), { state: "cancelled", completed_at: time(1), stalled: false })
      assert.deepInclude(yield* details("life:r1"), { state: "running", attempt: 2, stalled: true })
    }))

  onEachStore("leads on where its transitions are more than one answer holds", () =>
    Effect.gen(function*() {
      const reason = "x".repeat(250_000)
      const sent = Array.from({ length: 20 }, (_, i) =>
        change(`e${String(i).padStart(2, "0")}`, time(0), "t", "running", "waiting", reason))
      yield* tell(...sent.slice(0, 15))
      yield* tell(...sent.slice(15))
      const first = yield* details("t")
      const second = yield* details("t", first.next_cursor)
      assert.deepStrictEqual([first.transitions.length, second.transitions.length], [16, 4])
      assert.deepStrictEqual(
        [...first.transitions, ...second.transitions].map(({ event_id }) =>
          event_id
        ),
        sent.map(({ id }) => id)
      )
      assert.isUndefined(second.next_cursor)
      for (const cursor of ["", "x"]) assert.strictEqual((yield* refused(details("t", cursor)))._tag, "BadRequest")
      assert.strictEqual((yield* refused(details("u", first.next_cursor)))._tag, "BadRequest")
    }))
})

describe("a delegation group", () => {
  onEachStore("has what was declared, and its tasks as they are", () =>
    Effect.gen(function*() {
      yield* tell(
        request("parent", time(0), { plan_id: "p" }),
        envelope("delegation.started", time(1), { group_id: "g", parent_task_id: "parent", total_tasks: 4 }),
        request("a", time(2), { plan_id: "p", delegation_group_id: "g" }),
        request("b", time(1), { plan_id: "q", delegation_group_id: "g" }),
        request("c", time(3), { plan_id: "p", delegation_group_id: "g" }),
        request("other", time(3), { plan_id: "p", delegation_group_id: "h" }),
        result("a", time(4)),
        result("c", time(4), { success: false }),
        envelope("plan.failed", time(4), { plan_id: "q" })
      )
      const { tasks, ...own } = yield* group("g")
      assert.deepStrictEqual(own, {
        group_id: "g",
        parent_task_id: "parent",
        plan_id: "p",
        total_tasks: 4,
        completed_tasks: 1,
        failed_tasks: 1
      })
      // The second belongs to a plan that has given it up.
      assert.deepStrictEqual(
        tasks.map(({ state, task_id }) => [task_id, state]),
        [["b", "cancelled"], ["a", "completed"], ["c", "failed"]]
      )
      assert.deepStrictEqual(tasks[1], yield* task("p", "a"))
    }))

  onEachStore("is known by either side alone", () =>
    Effect.gen(function*() {
      yield* tell(
        envelope("delegation.started", time(1), {
          group_id: "empty",
          parent_task_id: "parent",
          plan_id: "p",
          total_tasks: 0
        }),
        request("t", time(2), { delegation_group_id: "undeclared" })
      )
      assert.deepStrictEqual(yield* group("empty"), {
        group_id: "empty",
        parent_task_id: "parent",
        plan_id: "p",
        total_tasks: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        tasks: []
      })
      const { tasks, ...own } = yield* group("undeclared")
      assert.deepStrictEqual(own, {
        group_id: "undeclared",
        parent_task_id: null,
        plan_id: null,
        total_tasks: null,
        completed_tasks: 0,
        failed_tasks: 0
      })
      assert.lengthOf(tasks, 1)
      for (const id of ["absent", "t", "", "a\0"]) {
        assert.strictEqual((yield* refused(group(id)))._tag, "NotFound", id)
      }
    }))

  onEachStore("leads on, as its plan does, where tasks are more than it holds", () =>
    Effect.gen(function*() {
      const error = "x".repeat(250_000)
      for (let i = 0; i < 18; i += 9) {
        yield* tell(
          ...Array.from({ length: 9 }, (_, n) => `t${String(i + n).padStart(2, "0")}`).flatMap((id) => [
            request(id, time(0), { plan_id: "p", delegation_group_id: "g" }),
            result(id, time(1), { success: false, error })
          ])
        )
      }
      const first = yield* group("g")
      const second = yield* group("g", first.next_cursor)
      assert.deepStrictEqual([first.tasks.length, second.tasks.length], [16, 2])
      assert.deepStrictEqual([second.failed_tasks, second.next_cursor], [18, undefined])
      assert.strictEqual(second.tasks[0]?.task_id, "t16")
      assert.strictEqual((yield* refused(group("h", first.next_cursor)))._tag, "BadRequest")
      const page = yield* answerTasks(tenant, "p", { limit: "17" })
      const rest = yield* answerTasks(tenant, "p", { limit: "17", cursor: page.next_cursor })
      assert.deepStrictEqual([page.tasks.length, rest.tasks.length, rest.next_cursor], [16, 2, undefined])
      assert.deepStrictEqual([...page.tasks, ...rest.tasks], [...first.tasks, ...second.tasks])
    }))
})

const sizes = (...bytes: ReadonlyArray<number>) => {
  const { entries, isLast } = bounded(bytes, (one) => one)
  return [entries.length, isLast]
}

describe("what an answer holds", () => {
  it("is so many entries, and so many bytes, and one entry at least", () => {
    assert.deepStrictEqual(sizes(), [0, true])
    assert.deepStrictEqual(sizes(maxPageBytes - 1, 1), [2, true])
    assert.deepStrictEqual(sizes(maxPageBytes, 1), [1, false])
    assert.deepStrictEqual(sizes(3 * maxPageBytes, 0), [1, false])
    assert.deepStrictEqual(sizes(...Array.from({ length: maxEntries }, () => 0)), [maxEntries, true])
    assert.deepStrictEqual(sizes(...Array.from({ length: maxEntries + 1 }, () => 0)), [maxEntries, false])
  })
})
