import type { Choice, Options as HarnessOptions } from "../../harness/src/options.ts"
import { ContenderName } from "./contenders/index.ts"

export const measurements = ["emit", "emit-loop", "delivery", "loop", "noop", "faults", "minute"] as const
export type MeasurementName = typeof measurements[number]

export type Options = HarnessOptions<MeasurementName, ContenderName>

export const choice: Choice<MeasurementName, ContenderName> = {
  suite: "core",
  about: "Measures what the tracker costs and loses, beside its peers, and prints goals with verdicts.",
  measurements,
  contenders: ContenderName.literals
}
