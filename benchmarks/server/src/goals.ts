import { type Goal, type GoalRow, judge } from "../../harness/src/Goal.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import { peers } from "./contenders/index.ts"
import { questions } from "./measurements/questions.ts"
import type { Results } from "./Results.ts"

type Timed = Results["timed"]

const batches = [100, 500] as const

const goals = (timed: Timed): ReadonlyArray<Goal> => {
  const ofMemory = (metric: string) => (timed["memory"]?.["ours"] ?? []).flatMap((numbers) => numbers[metric] ?? [])
  const ofQueries = (metric: string) =>
    (timed["queries"]?.["ours-asked"] ?? []).flatMap((numbers) => numbers[metric] ?? [])
  const growth = (metric: string) => ratiosOf(timed["growth"], metric, "ours-on-5m", ["ours-on-100k"])
  return [
    ...batches.map((batch): Goal => ({
      name: `events/s in batches of ${batch}, against bare INSERT`,
      atLeast: 0.5,
      values: ratiosOf(timed[`ingest-${batch}`], "eventsPerSecond", "ours", ["bare"], "highest")
    })),
    ...batches.map((batch): Goal => ({
      name: `CPU an event in batches of ${batch}, against bare INSERT`,
      atMost: 2,
      values: ratiosOf(timed[`ingest-${batch}`], "cpuMicrosPerEvent", "ours", ["bare"])
    })),
    ...batches.map((batch): Goal => ({
      name: `events/s in batches of ${batch}, against the best of the peers`,
      atLeast: 3,
      values: ratiosOf(timed[`ingest-${batch}`], "eventsPerSecond", "ours", peers, "highest")
    })),
    {
      name: "events/s one by one over 64 connections, against batches of 100",
      atLeast: 0.3,
      values: ratiosOf(timed["single"], "eventsPerSecond", "ours-single", ["ours"])
    },
    {
      name: "CPU an event on 5,000,000 stored, against 100,000",
      atMost: 1.2,
      values: growth("cpuMicrosPerEvent")
    },
    { name: "time an event, the same", atMost: 1.2, values: growth("microsPerEvent") },
    ...questions.map(({ name, title }): Goal => ({
      name: `p99 of ${title}, against a look-up by primary key`,
      atMost: 5,
      values: ofQueries(`${name}P99ToLookup`)
    })),
    {
      name: "a page at the end of a timeline of 50,000 events, against one at its begin",
      atMost: 1.2,
      values: ofQueries("lastPagesToFirst")
    },
    {
      name: "events/s while 1,000 watch plans, against none",
      atLeast: 0.9,
      values: ratiosOf(timed["streams"], "eventsPerSecond", "ours-watched", ["ours"])
    },
    {
      name: "memory of the server, the most, at full load over 64 connections",
      atMost: 350,
      unit: "MB",
      values: ofMemory("rssMbMax")
    },
    {
      name: "what it has grown by, against what it goes up and down",
      atMost: 1,
      values: ofMemory("grownToNoise")
    }
  ]
}

/** Every goal with what was measured of it. */
export const goalsOf = (timed: Timed): ReadonlyArray<GoalRow> => goals(timed).map(judge)
