import { Context, type Effect } from "effect"
import type { AgentSample, BucketSample, NamedSample } from "../query/agentMetrics.ts"
import type { Window } from "../query/window.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** Port. An agent's tasks in numbers, those alone that started within the window. */
export class MetricQueries extends Context.Service<MetricQueries, {
  readonly agent: (tenantId: string, agentId: string, window: Window) => Effect.Effect<AgentSample, StoreUnavailable>
  /** All agents that have a task, by id, those after this one; at most `count`. */
  readonly agents: (
    tenantId: string,
    after: string | null,
    count: number,
    window: Window
  ) => Effect.Effect<ReadonlyArray<NamedSample>, StoreUnavailable>
  /** By when they started, in stretches of so many milliseconds; those without tasks left out. */
  readonly series: (
    tenantId: string,
    agentId: string,
    window: Window,
    bucketMs: number
  ) => Effect.Effect<ReadonlyArray<BucketSample>, StoreUnavailable>
}>()("@durable-effect/tracker-server/MetricQueries") {}
