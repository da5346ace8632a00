import { type GoalRow, judge } from "../../harness/src/Goal.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import type { Results } from "./Results.ts"

/** Every goal with what was measured of it. */
export const goalsOf = (timed: Results["timed"]): ReadonlyArray<GoalRow> => [
  judge({
    name: "events/s from publishing to stored, in batches of 100, against HTTP",
    atLeast: 0.8,
    values: ratiosOf(timed["ingest-100"], "eventsPerSecond", "ours-by-bus", ["ours"], "highest")
  })
]
