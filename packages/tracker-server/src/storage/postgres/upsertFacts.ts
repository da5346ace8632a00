import type { Facts } from "../../projection/Facts.ts"
import { upsertGroups } from "./DelegationGroups.ts"
import { upsertPlans } from "./PlanExecutions.ts"
import type { Statement } from "./Statement.ts"
import { insertTransitions } from "./StateTransitions.ts"
import { upsertTasks } from "./TaskExecutions.ts"
import { upsertTraces } from "./TraceRanges.ts"

/** Merges what events say into the rows, table by table in the order in which all transactions lock them. */
export const upsertFacts = (tenantId: string, facts: Facts): ReadonlyArray<Statement> => [
  ...upsertTasks(tenantId, facts.tasks.values()),
  ...upsertPlans(tenantId, facts.plans.values()),
  ...insertTransitions(tenantId, facts.transitions.values()),
  ...upsertGroups(tenantId, facts.groups.values()),
  ...upsertTraces(tenantId, facts.traces.values())
]
