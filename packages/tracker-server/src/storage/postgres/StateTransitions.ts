import { compareBytes } from "../../projection/Fact.ts"
import type { StateTransition } from "../../projection/Facts.ts"
import { type Column, insertRows, insertStatement } from "./joins.ts"

const columns: ReadonlyArray<Column<StateTransition>> = [
  { name: "event_id", type: "text", of: (transition) => transition.eventId },
  { name: "task_id", type: "text", of: (transition) => transition.taskId },
  { name: "plan_id", type: "text", of: (transition) => transition.planId },
  { name: "from_state", type: "text", of: (transition) => transition.fromState },
  { name: "to_state", type: "text", of: (transition) => transition.toState },
  { name: "reason", type: "text", of: (transition) => transition.reason },
  { name: "transitioned_at", type: "timestamptz", of: (transition) => transition.transitionedAt }
]

const insert = insertStatement("state_transitions", columns, "ON CONFLICT (tenant_id, event_id) DO NOTHING")

/** One row an event, whatever the other rows say. */
export const insertTransitions = (tenantId: string, transitions: Iterable<StateTransition>) =>
  insertRows(
    insert,
    columns,
    tenantId,
    [...transitions].sort((left, right) => compareBytes(left.eventId, right.eventId))
  )
