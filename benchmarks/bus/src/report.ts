import { type Column, contenderTable, goalTable, integer, markdownOf, textOf } from "../../harness/src/report.ts"
import { contenders as all } from "../../server/src/contenders/index.ts"
import { contenders } from "./options.ts"
import type { Results } from "./Results.ts"

const tenths = (value: number) => value.toFixed(1)

const column = (head: string, metric: string, text: Column["text"]): Column => ({
  head,
  measurement: "ingest-100",
  metric,
  text
})

const columns = [
  column("events/s", "eventsPerSecond", integer),
  column("CPU µs/event", "cpuMicrosPerEvent", tenths),
  column("of it PostgreSQL", "postgresCpuMicrosPerEvent", tenths),
  column("beside it, the load", "loadCpuMicrosPerEvent", tenths)
]

const tables = ({ goals, timed }: Results) => [goalTable(goals), contenderTable(columns, timed, contenders, all)]

const surroundings = ({ syncMs }: Results) => ` A sync of the disk takes ${syncMs.toFixed(2)} ms.`

/** For a terminal. */
export const textReport = (results: Results): string => textOf(results, tables(results), surroundings(results))

/** For a README. */
export const markdownReport = (results: Results): string => markdownOf(results, tables(results), surroundings(results))
