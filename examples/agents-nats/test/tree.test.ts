import { describe, expect, it } from "vitest"
import { treeLines } from "../src/tree.ts"

const event = (event_id: string, event_type: string, parent_event_id: string | null = null) => ({
  event_id,
  event_type,
  parent_event_id,
  source: "agent"
})

describe("treeLines", () => {
  it("puts each event below the one that led to it", () => {
    expect(treeLines([
      event("1", "research.goal"),
      event("2", "web.search.requested", "1"),
      event("3", "web.search.completed", "2"),
      event("4", "plan.completed", "1")
    ])).toEqual([
      "research.goal (agent)",
      "├─ web.search.requested (agent)",
      "│  └─ web.search.completed (agent)",
      "└─ plan.completed (agent)"
    ])
  })

  it("counts what looks the same with all below it, and tells apart what does not", () => {
    expect(treeLines([
      event("1", "goal"),
      event("2", "requested", "1"),
      event("3", "completed", "2"),
      event("4", "requested", "1"),
      event("5", "failed", "4"),
      event("6", "requested", "1"),
      event("7", "completed", "6")
    ])).toEqual([
      "goal (agent)",
      "├─ requested (agent) ×2",
      "│  └─ completed (agent)",
      "└─ requested (agent)",
      "   └─ failed (agent)"
    ])
  })

  it("begins anew with an event whose parent is not known", () => {
    expect(treeLines([event("1", "goal"), event("2", "stray", "elsewhere")])).toEqual(["goal (agent)", "stray (agent)"])
  })
})
