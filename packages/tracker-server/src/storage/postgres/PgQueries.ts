import { Layer } from "effect"
import * as PgJobQueries from "./PgJobQueries.ts"
import * as PgMetricQueries from "./PgMetricQueries.ts"
import * as PgTrackerQueries from "./PgTrackerQueries.ts"

/** All that can be asked of the store over PostgreSQL. */
export const layer = Layer.mergeAll(PgTrackerQueries.layer, PgMetricQueries.layer, PgJobQueries.layer)

/** The ports of `layer`. */
export type Queries = Layer.Success<typeof layer>
