import { Effect } from "effect"
import type { JobsHostService } from "../../src/index.ts"

/** All that a host would wake somebody for, in this life or in the next. */
export const allAlarms = (host: JobsHostService) =>
  Effect.zipWith(host.earliestAlarms(10_000), host.heldAlarms, (free, held) => [...free, ...held])
