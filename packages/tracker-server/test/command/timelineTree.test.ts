import { assert, describe, it } from "@effect/vitest"
import type { TimelineEvent } from "../../src/api/views.ts"
import { timelineTree } from "../../src/command/render/timelineTree.ts"

/** An event so many seconds after the first. */
const event = (event_id: string, seconds: number, fields: Partial<TimelineEvent> = {}): TimelineEvent => ({
  event_id,
  event_type: `${event_id}.type`,
  timestamp: new Date(Date.parse("2026-01-11T10:00:00Z") + seconds * 1000).toISOString(),
  parent_event_id: null,
  topic: null,
  source: null,
  received_at: "2026-01-11T11:00:00Z",
  superseded: false,
  data: {},
  ...fields
})

/** Each entry as `id depth`, with how long it took and the silence before it. */
const shown = (...events: ReadonlyArray<TimelineEvent>) =>
  timelineTree(events).map(({ depth, event, idleSeconds, tookSeconds }) =>
    [
      `${event.event_id} ${depth}`,
      ...(tookSeconds === undefined ? [] : [`took ${tookSeconds}`]),
      ...(idleSeconds === undefined ? [] : [`idle ${idleSeconds}`])
    ].join(" ")
  )

const under = (parent_event_id: string) => ({ parent_event_id })
const of = (task_id: string) => ({ task_id })

describe("a timeline as a tree", () => {
  it("has each event under its parent, children in order, with the time until the last below", () => {
    assert.deepStrictEqual(
      shown(
        event("goal", 0),
        event("plan", 0.5, under("goal")),
        event("other", 0.6),
        event("task", 0.7, under("plan")),
        event("done", 0.9, under("plan"))
      ),
      ["goal 0 took 0.9", "plan 1 took 0.4", "task 2", "done 2", "other 0"]
    )
  })

  it("puts a task's events under its first, which says how long it took", () => {
    assert.deepStrictEqual(
      shown(
        event("created", 0),
        event("started", 0, of("r1")),
        event("progress", 5, of("r1")),
        event("ended", 9, of("r1"))
      ),
      ["created 0", "started 0 took 9", "progress 1", "ended 1"]
    )
  })

  it("tells of a silence in which no task was under way, from a second on", () => {
    assert.deepStrictEqual(
      shown(
        event("started", 0, of("r1")),
        event("ended", 30, of("r1")),
        event("next", 230, of("r2")),
        event("last", 230.5, of("r2")),
        event("over", 231)
      ),
      ["started 0 took 30", "ended 1", "next 0 took 0.5 idle 200", "last 1", "over 0"]
    )
  })

  it("leaves out silences that are short beside the whole", () => {
    assert.deepStrictEqual(
      shown(event("a", 0), event("b", 30), event("c", 1000), event("d", 10_000)),
      ["a 0", "b 0", "c 0 idle 970", "d 0 idle 9000"]
    )
  })

  it("shows each event once, whoever says to be whose parent", () => {
    assert.deepStrictEqual(
      shown(
        event("self", 0, under("self")),
        event("a", 0, under("b")),
        event("b", 0, under("a")),
        event("orphan", 0, under("gone"))
      ),
      ["self 0", "orphan 0", "a 0", "b 1"]
    )
  })

  it("is as deep as its chain, and as wide", () => {
    const chain = Array.from({ length: 5000 }, (_, i) => event(`e${i}`, i / 1000, under(`e${i - 1}`)))
    assert.strictEqual(timelineTree(chain).at(-1)?.depth, 4999)
    const wide = Array.from({ length: 50_000 }, (_, i) => event(`e${i}`, 0, i === 0 ? {} : under("e0")))
    assert.lengthOf(timelineTree(wide), 50_000)
    assert.deepStrictEqual(timelineTree([]), [])
  })
})
