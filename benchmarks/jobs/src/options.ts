import type { Choice, Options as HarnessOptions } from "../../harness/src/options.ts"
import { ContenderName } from "./contenders/index.ts"

export const measurements = ["throughput", "start-latency", "alarms", "memory", "open"] as const
export type MeasurementName = typeof measurements[number]

export type Options = HarnessOptions<MeasurementName, ContenderName>

export const choice: Choice<MeasurementName, ContenderName> = {
  suite: "jobs",
  about: "Measures what durable jobs cost, beside other job runners, and prints goals with verdicts.",
  measurements,
  contenders: ContenderName.literals
}
