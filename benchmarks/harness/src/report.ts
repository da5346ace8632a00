import type { GoalRow } from "./Goal.ts"
import { machineText } from "./machine.ts"
import type { ResultsFrame } from "./Results.ts"
import { median } from "./statistics.ts"
import { renderMarkdown, renderText, type Table } from "./table.ts"
import type { Runs } from "./turns.ts"

export const goalTable = (goals: ReadonlyArray<GoalRow>): Table => [
  ["goal", "target", "measured, median (min … max)", "verdict"],
  ...goals.map(({ goal, measured, target, verdict }) => [goal, target, measured, verdict])
]

/** A part of the benchmark says so itself: a goal that is left out is not to pass for one that there is not. */
const gap = (goals: ReadonlyArray<GoalRow>): ReadonlyArray<string> => {
  const count = goals.filter(({ verdict }) => verdict === "not measured").length
  return count === 0 ? [] : [`${count} of ${goals.length} goals not measured.`]
}

/** A column of the table of contenders: one number of one measurement. */
export interface Column {
  readonly head: string
  readonly measurement: string
  readonly metric: string
  readonly text: (value: number) => string
}

export const integer = (value: number): string => Math.round(value).toLocaleString("en")

const medianOf = (runs: Runs | undefined, contender: string, metric: string): number | undefined => {
  const values = (runs?.[contender] ?? []).flatMap((numbers) => numbers[metric] ?? [])
  return values.length === 0 ? undefined : median(values)
}

/** What each contender measured, medians over the rounds. Of use beside each other alone. */
export const contenderTable = <Name extends string>(
  columns: ReadonlyArray<Column>,
  timed: ResultsFrame["timed"],
  names: ReadonlyArray<Name>,
  contenders: Readonly<Record<Name, { readonly title: string; readonly about: string }>>
): Table => {
  const rows = names.flatMap((name) => {
    const cells = columns.map(({ measurement, metric, text }) => {
      const value = medianOf(timed[measurement], name, metric)
      return value === undefined ? "–" : text(value)
    })
    const { about, title } = contenders[name]
    return cells.every((cell) => cell === "–") ? [] : [[title, about, ...cells]]
  })
  return rows.length === 0 ? [] : [["contender", "set up", ...columns.map(({ head }) => head)], ...rows]
}

const headline = ({ code, isSmoke, machine, rounds, startedAt }: ResultsFrame): string =>
  `${isSmoke ? "Smoke run: the numbers mean nothing. " : ""}${startedAt.slice(0, 10)}, ${machineText(machine)}, ` +
  `${rounds} ${rounds === 1 ? "round" : "rounds"}, our packages from ${code}.`

const report =
  (render: (table: Table) => string) => (results: ResultsFrame, tables: ReadonlyArray<Table>, more = ""): string =>
    [`${headline(results)}${more}`, ...tables.filter((table) => table.length > 1).map(render), ...gap(results.goals)]
      .join("\n\n")

/** For a terminal. Tables without rows are left out; `more` goes on where the headline ends. */
export const textOf = report(renderText)

/** For a README. */
export const markdownOf = report(renderMarkdown)
