import type { Choice, Options as HarnessOptions } from "../../harness/src/options.ts"
import { ContenderName } from "./contenders/index.ts"

export const measurements = ["ingest-100", "ingest-500", "single", "growth", "queries", "streams", "memory"] as const
export type MeasurementName = typeof measurements[number]

export type Options = HarnessOptions<MeasurementName, ContenderName>

export const choice: Choice<MeasurementName, ContenderName> = {
  suite: "server",
  about:
    "Measures what tracker-server's taking in of events costs, beside others who write to PostgreSQL, and prints goals with verdicts.",
  measurements,
  contenders: ContenderName.literals,
  lasting: { measurement: "memory", minutes: 10 }
}
