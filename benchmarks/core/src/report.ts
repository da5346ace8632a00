import { type Column, contenderTable, goalTable, integer, markdownOf, textOf } from "../../harness/src/report.ts"
import type { Table } from "../../harness/src/table.ts"
import { ContenderName, contenders } from "./contenders/index.ts"
import { faultCatalogue, minute } from "./faults/catalogue.ts"
import { faultTable } from "./faults/faultTable.ts"
import type { Results } from "./Results.ts"

const micros = (nanos: number) => (nanos / 1000).toFixed(2)

const columns: ReadonlyArray<Column> = [
  { head: "emit, median, µs", measurement: "emit", metric: "medianNs", text: micros },
  { head: "emit, p99.9, µs", measurement: "emit", metric: "p999Ns", text: micros },
  { head: "in a loop, ns", measurement: "emit-loop", metric: "nsPerEmit", text: integer },
  {
    head: "delivery, CPU µs/event",
    measurement: "delivery",
    metric: "cpuMicrosPerEvent",
    text: (value) => value.toFixed(2)
  },
  { head: "events/s", measurement: "delivery", metric: "eventsPerSecond", text: integer },
  { head: "bytes/event on the wire", measurement: "delivery", metric: "wireBytesPerEvent", text: integer },
  { head: "loop delay, p99, ms", measurement: "loop", metric: "p99Ms", text: (value) => value.toFixed(1) },
  { head: "longest, ms", measurement: "loop", metric: "maxMs", text: (value) => value.toFixed(1) }
]

const lossTables = ({ faults, isSmoke }: Results): ReadonlyArray<Table> => [
  faultTable(faultCatalogue(isSmoke), faults.filter(({ fault }) => fault !== "minute")),
  faultTable([minute(isSmoke)], faults.filter(({ fault }) => fault === "minute"))
]

/** A part of the suite has many goals that are none of its business. */
const tables = (results: Results): ReadonlyArray<Table> => [
  goalTable(results.goals.filter(({ verdict }) => verdict !== "not measured")),
  contenderTable(columns, results.timed, ContenderName.literals, contenders),
  ...lossTables(results)
]

/** For a terminal. */
export const textReport = (results: Results): string => textOf(results, tables(results))

/** For a README. */
export const markdownReport = (results: Results): string => markdownOf(results, tables(results))
