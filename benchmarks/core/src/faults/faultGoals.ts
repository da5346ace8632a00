import type { GoalRow } from "../../../harness/src/Goal.ts"
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

/** Most that the heap may grow by while the default bounds hold: 16 MiB of events, as much for what they hang in, and garbage. */
const maxGrowthMiB = 64

const memoryGoal = (fault: Fault, run: FaultRun): GoalRow => {
  const growth = (run.numbers["peakHeapMiB"] ?? Infinity) - (run.numbers["heapBeforeMiB"] ?? 0)
  return {
    goal: `${fault.title}, default bounds, growth of the heap`,
    target: `≤ ${maxGrowthMiB} MiB`,
    measured: `${growth.toFixed(1)} MiB`,
    verdict: growth <= maxGrowthMiB ? "met" : "missed"
  }
}

/** Every goal about loss and duplicates. */
export const faultGoals = (faults: ReadonlyArray<Fault>, runs: ReadonlyArray<FaultRun>): ReadonlyArray<GoalRow> =>
  faults.flatMap((fault) => {
    const atDefaults = runs.find(({ contender, fault: name }) =>
      fault.name === "minute" && name === "minute" && contender === "ours-node"
    )
    return [
      ...(atDefaults === undefined ? [] : [balanceGoal(fault, atDefaults), memoryGoal(fault, atDefaults)]),
      lossGoal(fault, runs)
    ]
  })
