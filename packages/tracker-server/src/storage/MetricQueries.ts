import { Context, type Effect } from "effect"
import type { AgentSample, BucketSample, NamedSample } from "../query/agentMetrics.ts"
import type { Window } from "../query/window.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** Port: metrics of an agent's tasks that started within the window. */
export class MetricQueries extends Context.Service<MetricQueries, {
  readonly agent: (tenantId: string, agentId: string, window: Window) => Effect.Effect<AgentSample, StoreUnavailable>
  /** All agents with tasks, by id, starting after this one; at most `count`. */
  readonly agents: (
    tenantId: string,
    after: string | null,
    count: number,
    window: Window
  ) => Effect.Effect<ReadonlyArray<NamedSample>, StoreUnavailable>
  /** By start time, in buckets of this many milliseconds; buckets without tasks are omitted. */
  readonly series: (
    tenantId: string,
    agentId: string,
    window: Window,
    bucketMs: number
  ) => Effect.Effect<ReadonlyArray<BucketSample>, StoreUnavailable>
}>()("@durable-effect/tracker-server/MetricQueries") {}
