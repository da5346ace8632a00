import type { Choice } from "../../harness/src/options.ts"
import type { ContenderName } from "../../server/src/contenders/index.ts"

export const measurements = ["ingest-100"] as const
export type MeasurementName = typeof measurements[number]

/** Both are contenders of the suite `server` too; a database and a server are made for them as there. */
export const contenders = ["ours", "ours-by-bus"] as const satisfies ReadonlyArray<ContenderName>

export const choice: Choice<MeasurementName, ContenderName> = {
  suite: "bus",
  about: "Measures how fast tracker-server stores what is published on NATS, beside the same events over HTTP.",
  measurements,
  contenders
}
