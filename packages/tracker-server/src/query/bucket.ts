import { Effect } from "effect"
import { BadRequest } from "../api/errors.ts"
import { periodMs } from "./period.ts"

/** Maximum number of buckets per period: as many points as a chart can show. */
const maxBuckets = 1000
const maxDefaultBuckets = 500

export interface Bucket {
  readonly name: string
  readonly ms: number
}

const defaults: ReadonlyArray<Bucket> = [{ name: "1m", ms: 60_000 }, { name: "1h", ms: 3_600_000 }]
const widest: Bucket = { name: "1d", ms: 86_400_000 }

/** The requested bucket; otherwise the smallest of 1m, 1h and 1d that gives at most 500 per period. */
export const askedBucket = (
  bucket: string | undefined,
  period: string,
  ofPeriodMs: number
): Effect.Effect<Bucket, BadRequest> => {
  if (bucket === undefined) {
    return Effect.succeed(defaults.find(({ ms }) => ofPeriodMs <= maxDefaultBuckets * ms) ?? widest)
  }
  const ms = periodMs(bucket)
  return ms === undefined || ofPeriodMs > maxBuckets * ms
    ? Effect.fail(
      new BadRequest({
        detail: "bucket is a number and a unit, m, h or d, from 1m to 400d, of which the period has at most " +
          `${maxBuckets}: for ${period} from ${Math.ceil(ofPeriodMs / maxBuckets / 60_000)}m on.`
      })
    )
    : Effect.succeed({ name: bucket, ms })
}
