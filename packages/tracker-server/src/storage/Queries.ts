import type { IngestQueries } from "./IngestQueries.ts"
import type { JobQueries } from "./JobQueries.ts"
import type { MetricQueries } from "./MetricQueries.ts"
import type { PlanQueries } from "./PlanQueries.ts"
import type { TaskQueries } from "./TaskQueries.ts"
import type { TrackerQueries } from "./TrackerQueries.ts"

/** All query ports. */
export type Queries = TrackerQueries | PlanQueries | TaskQueries | IngestQueries | JobQueries | MetricQueries
