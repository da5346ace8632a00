import { Context, type Effect } from "effect"
import type { JobFailures, JobSample } from "../query/jobView.ts"
import type { Window } from "../query/window.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/**
 * Port: job definitions, each over all of its incarnations. A run is a task whose agent is the definition, as in
 * metrics, and which started within the window.
 */
export class JobQueries extends Context.Service<JobQueries, {
  /** By name, starting after this one; at most `count`. */
  readonly jobs: (
    tenantId: string,
    after: string | null,
    count: number,
    runs: Window
  ) => Effect.Effect<ReadonlyArray<JobSample>, StoreUnavailable>
  readonly job: (
    tenantId: string,
    jobName: string,
    runs: Window
  ) => Effect.Effect<
    { readonly job: JobSample; readonly failures: ReadonlyArray<JobFailures> } | undefined,
    StoreUnavailable
  >
}>()("@durable-effect/tracker-server/JobQueries") {}
