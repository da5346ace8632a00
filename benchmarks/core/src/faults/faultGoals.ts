import type { GoalRow } from "../../../harness/src/Goal.ts"
import type { ContenderName } from "../contenders/index.ts"
import type { FaultRun } from "../Results.ts"
import type { Fault } from "./Fault.ts"

export const lostIn = ({ emitted, stored }: FaultRun): number => emitted - stored

const count = (value: number) => value.toLocaleString("en")

/** What the tracker itself counts is what the endpoint has seen, and adds up. */
export const isBalanced = (run: FaultRun): boolean => {
  const { toldDelivered, toldEmitted, toldLost } = run.numbers
  return toldEmitted === run.emitted && toldDelivered === run.stored && toldLost === lostIn(run)
}

const lossGoal = (fault: Fault, runs: ReadonlyArray<FaultRun>): GoalRow => {
  const judged = runs.filter(({ contender, fault: name }) => name === fault.name && fault.judged.includes(contender))
  const lost = Math.max(...judged.map(lostIn))
  const duplicates = Math.max(...judged.map((run) => run.duplicates))
  const isMet = judged.every((run) => lostIn(run) === fault.atFault && run.duplicates === 0 && isBalanced(run))
  return {
    goal: fault.title,
    target: fault.atFault === 0 ? "0 lost, 0 twice" : `${fault.atFault} lost, 0 twice`,
    measured: judged.length === 0 ? "–" : `${count(lost)} lost, ${count(duplicates)} twice`,
    verdict: judged.length === 0 ? "not measured" : isMet ? "met" : "missed"
  }
}

/** Nothing unaccounted for, where more is emitted than may be held. */
const balanceGoal = (fault: Fault, run: FaultRun): GoalRow => ({
  goal: `${fault.title}, default bounds`,
  target: "emitted = delivered + lost",
  measured: `${count(run.emitted)} = ${count(run.numbers["toldDelivered"] ?? 0)} + ${
    count(run.numbers["toldLost"] ?? 0)
  }`,
  verdict: isBalanced(run) && run.duplicates === 0 ? "met" : "missed"
})

/** Most that memory may grow by: what may be held by default, 16 MiB, and as much again three times for garbage. */
const defaultGrowthMiB = 64
/** What `ours-patient` may hold. */
const patientGrowthMiB = 1024

const memoryGoal = (title: string, limitMiB: number, run: FaultRun): GoalRow => {
  const growth = run.numbers["memoryGrowthMiB"] ?? Infinity
  return {
    goal: `${title}, growth of memory`,
    target: `≤ ${count(limitMiB)} MiB`,
    measured: `${growth.toFixed(1)} MiB`,
    verdict: growth <= limitMiB ? "met" : "missed"
  }
}

/** Every goal about loss and duplicates. */
export const faultGoals = (faults: ReadonlyArray<Fault>, runs: ReadonlyArray<FaultRun>): ReadonlyArray<GoalRow> =>
  faults.map((fault) => lossGoal(fault, runs))

/** The goals of the long outage, with default bounds and with such that all fits into. */
export const minuteGoals = (fault: Fault, runs: ReadonlyArray<FaultRun>): ReadonlyArray<GoalRow> => {
  const of = (contender: ContenderName) => runs.filter((run) => run.fault === fault.name && run.contender === contender)
  const raised = `${fault.title}, bounds raised`
  return [
    ...of("ours-node").flatMap((run) => [
      balanceGoal(fault, run),
      memoryGoal(`${fault.title}, default bounds`, defaultGrowthMiB, run)
    ]),
    lossGoal({ ...fault, title: raised }, runs),
    ...of("ours-patient").map((run) => memoryGoal(raised, patientGrowthMiB, run))
  ]
}
