import type { Table } from "../../../harness/src/table.ts"
import { ContenderName, contenders } from "../contenders/index.ts"
import type { FaultRun } from "../Results.ts"
import type { Fault } from "./Fault.ts"
import { lostIn } from "./faultGoals.ts"

const count = (value: number) => value.toLocaleString("en")

/** Whether anybody can learn of losses from the client, if they listen to all that it offers. */
const toldText = (run: FaultRun): string => {
  const { toldLost = 0, warnings = 0 } = run.numbers
  if (toldLost >= lostIn(run)) return "told"
  if (toldLost > 0) return `${count(toldLost)} told`
  return warnings > 0 ? "errors, no number" : "in silence"
}

const cell = (run: FaultRun | undefined): string => {
  if (run === undefined) return "–"
  const lost = lostIn(run)
  const parts = [
    ...(lost > 0 ? [`${count(lost)} lost, ${toldText(run)}`] : []),
    ...(run.duplicates > 0 ? [`${count(run.duplicates)} twice`] : []),
    ...(run.numbers["isClosed"] === 0 ? ["did not end"] : [])
  ]
  return parts.length === 0 ? "0" : parts.join("; ")
}

/** Loss and duplicates: faults in rows, contenders in columns. */
export const faultTable = (faults: ReadonlyArray<Fault>, runs: ReadonlyArray<FaultRun>): Table => {
  const names = ContenderName.literals.filter((name) => runs.some(({ contender }) => contender === name))
  const rows = faults.filter(({ name }) => runs.some(({ fault }) => fault === name))
  return [
    ["fault", "events", ...names.map((name) => contenders[name].title)],
    ...rows.map((fault) => [
      fault.title,
      count(fault.events),
      ...names.map((name) => cell(runs.find((run) => run.fault === fault.name && run.contender === name)))
    ])
  ]
}
