import { type Column, contenderTable, goalTable, integer, markdownOf, textOf } from "../../harness/src/report.ts"
import type { Table } from "../../harness/src/table.ts"
import { ContenderName, contenders } from "./contenders/index.ts"
import type { Results } from "./Results.ts"

const columns: ReadonlyArray<Column> = [
  { head: "jobs/s", measurement: "throughput", metric: "jobsPerSecond", text: integer },
  { head: "CPU µs/job", measurement: "throughput", metric: "cpuMicrosPerJob", text: integer },
  { head: "jobs/s, events arrived", measurement: "throughput", metric: "deliveredJobsPerSecond", text: integer }
]

const tables = ({ goals, timed }: Results): ReadonlyArray<Table> => [
  goalTable(goals),
  contenderTable(columns, timed, ContenderName.literals, contenders)
]

/** For a terminal. */
export const textReport = (results: Results): string => textOf(results, tables(results))

/** For a README. */
export const markdownReport = (results: Results): string => markdownOf(results, tables(results))
