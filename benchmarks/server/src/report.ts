import { type Column, contenderTable, goalTable, integer, markdownOf, textOf } from "../../harness/src/report.ts"
import { median } from "../../harness/src/statistics.ts"
import type { Table } from "../../harness/src/table.ts"
import { ratiosOf } from "../../harness/src/turns.ts"
import { ContenderName, contenders } from "./contenders/index.ts"
import { questions } from "./measurements/questions.ts"
import type { Results } from "./Results.ts"

const tenths = (value: number) => value.toFixed(1)
const hundredths = (value: number) => value.toFixed(2)

const ingestColumns = (batch: number): ReadonlyArray<Column> => {
  const column = (head: string, metric: string, text: Column["text"]): Column => ({
    head: `${head}, by ${batch}`,
    measurement: `ingest-${batch}`,
    metric,
    text
  })
  return [
    column("events/s", "eventsPerSecond", integer),
    column("CPU µs/event", "cpuMicrosPerEvent", tenths),
    column("of it PostgreSQL", "postgresCpuMicrosPerEvent", tenths)
  ]
}

/** Of what others are measured in too. */
const columns: ReadonlyArray<Column> = [
  ...ingestColumns(100),
  ...ingestColumns(500),
  { head: "beside it, the load", measurement: "ingest-100", metric: "loadCpuMicrosPerEvent", text: tenths }
]

/** Of what is measured of ours alone: a table each. */
const ownColumns: ReadonlyArray<ReadonlyArray<Column>> = [
  [
    { head: "events/s", measurement: "single", metric: "eventsPerSecond", text: integer },
    { head: "CPU µs/event", measurement: "single", metric: "cpuMicrosPerEvent", text: tenths },
    { head: "of it PostgreSQL", measurement: "single", metric: "postgresCpuMicrosPerEvent", text: tenths },
    { head: "beside it, the load", measurement: "single", metric: "loadCpuMicrosPerEvent", text: tenths }
  ],
  [
    { head: "events/s", measurement: "growth", metric: "eventsPerSecond", text: integer },
    { head: "CPU µs/event", measurement: "growth", metric: "cpuMicrosPerEvent", text: tenths },
    { head: "of it PostgreSQL", measurement: "growth", metric: "postgresCpuMicrosPerEvent", text: tenths }
  ],
  [
    { head: "look-up, p99 ms", measurement: "queries", metric: "lookupP99Ms", text: tenths },
    ...questions.map(({ name, title }): Column => ({
      head: title,
      measurement: "queries",
      metric: `${name}P99Ms`,
      text: tenths
    })),
    { head: "page of 50,000, ms", measurement: "queries", metric: "pageMs", text: tenths },
    { head: "beside it, events/s", measurement: "queries", metric: "eventsPerSecond", text: integer }
  ],
  [
    { head: "events/s", measurement: "streams", metric: "eventsPerSecond", text: integer },
    { head: "CPU µs/event", measurement: "streams", metric: "cpuMicrosPerEvent", text: tenths },
    { head: "of it PostgreSQL", measurement: "streams", metric: "postgresCpuMicrosPerEvent", text: tenths },
    { head: "readers that were cut", measurement: "streams", metric: "readersCut", text: integer }
  ],
  [
    { head: "events/s", measurement: "memory", metric: "eventsPerSecond", text: integer },
    { head: "memory, most, MB", measurement: "memory", metric: "rssMbMax", text: tenths },
    { head: "mean", measurement: "memory", metric: "rssMbMean", text: tenths },
    { head: "grown by", measurement: "memory", metric: "rssMbGrown", text: tenths },
    { head: "up and down by", measurement: "memory", metric: "rssMbNoise", text: tenths },
    {
      head: "429 or 503, an event",
      measurement: "memory",
      metric: "refusedPerEvent",
      text: (count) => count.toFixed(4)
    }
  ]
]

const own: ReadonlyArray<ContenderName> = [
  "ours",
  "ours-single",
  "ours-on-100k",
  "ours-on-5m",
  "ours-asked",
  "ours-watched",
  "ours-read"
]

const others: ReadonlyArray<ContenderName> = ["bare", "bare-plain", "emmett", "pg-boss", "graphile-worker"]

/** Ours against each of the others, ratios within a round: also those that no goal is held against. */
const ratioTable = (timed: Results["timed"]): Table => {
  const cell = (batch: number, metric: string, other: ContenderName) => {
    const ratios = ratiosOf(timed[`ingest-${batch}`], metric, "ours", [other])
    return ratios.length === 0 ? "–" : `${hundredths(median(ratios))}×`
  }
  const heads = [100, 500].flatMap((batch) => [`events/s, by ${batch}`, `CPU an event, by ${batch}`])
  const rows = others.map((other) => [
    contenders[other].title,
    ...[100, 500].flatMap((batch) => [cell(batch, "eventsPerSecond", other), cell(batch, "cpuMicrosPerEvent", other)])
  ]).filter(([, ...cells]) => cells.some((text) => text !== "–"))
  return [["ours against", ...heads], ...rows]
}

const tables = ({ goals, timed }: Results): ReadonlyArray<Table> => [
  goalTable(goals),
  ratioTable(timed),
  contenderTable(columns, timed, ContenderName.literals, contenders),
  ...ownColumns.map((columns) => contenderTable(columns, timed, own, contenders))
]

const surroundings = ({ minutes, syncMs, timed }: Results) =>
  ` A sync of the disk takes ${hundredths(syncMs)} ms.` +
  (timed["memory"] === undefined ? "" : ` Memory was watched for ${minutes} minutes.`)

/** For a terminal. */
export const textReport = (results: Results): string => textOf(results, tables(results), surroundings(results))

/** For a README. */
export const markdownReport = (results: Results): string => markdownOf(results, tables(results), surroundings(results))
