import { machineText } from "../../harness/src/machine.ts"
import { median } from "../../harness/src/statistics.ts"
import { renderMarkdown, renderText, type Table } from "../../harness/src/table.ts"
import type { Runs } from "../../harness/src/turns.ts"
import { ContenderName, contenders } from "./contenders/index.ts"
import { faultCatalogue, minute } from "./faults/catalogue.ts"
import { faultTable } from "./faults/faultTable.ts"
import type { Results } from "./Results.ts"

const goalTable = ({ goals }: Results): Table => [
  ["goal", "target", "measured, median (min … max)", "verdict"],
  ...goals.filter(({ verdict }) => verdict !== "not measured")
    .map(({ goal, measured, target, verdict }) => [goal, target, measured, verdict])
]

/** A part of the benchmark says so itself: a goal that is left out is not to pass for one that there is not. */
const gap = ({ goals }: Results): ReadonlyArray<string> => {
  const count = goals.filter(({ verdict }) => verdict === "not measured").length
  return count === 0 ? [] : [`${count} of ${goals.length} goals not measured.`]
}

interface Column {
  readonly head: string
  readonly measurement: string
  readonly metric: string
  readonly text: (value: number) => string
}

const integer = (value: number) => Math.round(value).toLocaleString("en")
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

const medianOf = (runs: Runs | undefined, contender: string, metric: string): number | undefined => {
  const values = (runs?.[contender] ?? []).flatMap((numbers) => numbers[metric] ?? [])
  return values.length === 0 ? undefined : median(values)
}

/** What each contender measured, medians over the rounds. Of use beside each other alone. */
const contenderTable = ({ timed }: Results): Table => {
  const rows = ContenderName.literals.flatMap((name) => {
    const cells = columns.map(({ measurement, metric, text }) => {
      const value = medianOf(timed[measurement], name, metric)
      return value === undefined ? "–" : text(value)
    })
    const { about, title } = contenders[name]
    return cells.every((cell) => cell === "–") ? [] : [[title, about, ...cells]]
  })
  return rows.length === 0 ? [] : [["contender", "set up", ...columns.map(({ head }) => head)], ...rows]
}

const lossTables = ({ faults, isSmoke }: Results): ReadonlyArray<Table> => [
  faultTable(faultCatalogue(isSmoke), faults.filter(({ fault }) => fault !== "minute")),
  faultTable([minute(isSmoke)], faults.filter(({ fault }) => fault === "minute"))
]

const tables = (results: Results): ReadonlyArray<Table> =>
  [goalTable(results), contenderTable(results), ...lossTables(results)].filter((table) => table.length > 1)

const headline = ({ code, isSmoke, machine, rounds, startedAt }: Results): string =>
  `${isSmoke ? "Smoke run: the numbers mean nothing. " : ""}${startedAt.slice(0, 10)}, ${machineText(machine)}, ` +
  `${rounds} ${rounds === 1 ? "round" : "rounds"}, our packages from ${code}.`

/** For a terminal. */
export const textReport = (results: Results): string =>
  [headline(results), ...tables(results).map(renderText), ...gap(results)].join("\n\n")

/** For a README. */
export const markdownReport = (results: Results): string =>
  [headline(results), ...tables(results).map(renderMarkdown), ...gap(results)].join("\n\n")
