import type { IngestQueries } from "./IngestQueries.ts"
import type { JobQueries } from "./JobQueries.ts"
import type { MetricQueries } from "./MetricQueries.ts"
import type { PlanQueries } from "./PlanQueries.ts"
import type { TrackerQueries } from "./TrackerQueries.ts"

/** Every port that answers questions. */
export type Queries = TrackerQueries | PlanQueries | MetricQueries | JobQueries | IngestQueries
