import { type Column, contenderTable, goalTable, integer, markdownOf, textOf } from "../../harness/src/report.ts"
import type { Table } from "../../harness/src/table.ts"
import { ContenderName, contenders } from "./contenders/index.ts"
import type { Results } from "./Results.ts"

const hundredths = (value: number) => value.toFixed(2)

/** Of what peers are measured in too. */
const columns: ReadonlyArray<Column> = [
  { head: "jobs/s", measurement: "throughput", metric: "jobsPerSecond", text: integer },
  { head: "CPU µs/job", measurement: "throughput", metric: "cpuMicrosPerJob", text: integer },
  { head: "CPU µs/job of the server", measurement: "throughput", metric: "serverCpuMicrosPerJob", text: integer },
  { head: "jobs/s until events arrived", measurement: "throughput", metric: "deliveredJobsPerSecond", text: integer },
  { head: "call to handler, median, ms", measurement: "start-latency", metric: "p50Ms", text: hundredths },
  { head: "p99, ms", measurement: "start-latency", metric: "p99Ms", text: hundredths }
]

/** Of what is measured of ours alone. */
const ownColumns: ReadonlyArray<Column> = [
  { head: "alarm late, median, ms", measurement: "alarms", metric: "p50Ms", text: hundredths },
  { head: "p99, ms", measurement: "alarms", metric: "p99Ms", text: hundredths },
  { head: "longest, ms", measurement: "alarms", metric: "maxMs", text: hundredths },
  { head: "CPU µs/alarm", measurement: "alarms", metric: "cpuMicrosPerJob", text: integer },
  { head: "heap bytes/instance", measurement: "memory", metric: "heapBytesPerInstance", text: hundredths },
  { head: "RSS bytes/instance", measurement: "memory", metric: "rssBytesPerInstance", text: hundredths },
  { head: "opened, ms", measurement: "open", metric: "readyMs", text: integer },
  { head: "CPU, ms", measurement: "open", metric: "readyCpuMs", text: integer },
  { head: "first answer, ms", measurement: "open", metric: "firstAnswerMs", text: integer }
]

const tables = ({ goals, timed }: Results): ReadonlyArray<Table> => [
  goalTable(goals),
  contenderTable(columns, timed, ContenderName.literals, contenders),
  contenderTable(ownColumns, timed, ["ours"], contenders)
]

const disk = ({ syncMs }: Results) => ` A sync of the disk takes ${hundredths(syncMs)} ms.`

/** For a terminal. */
export const textReport = (results: Results): string => textOf(results, tables(results), disk(results))

/** For a README. */
export const markdownReport = (results: Results): string => markdownOf(results, tables(results), disk(results))
