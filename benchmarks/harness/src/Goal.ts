import { Schema } from "effect"
import { type Spread, spreadOf } from "./statistics.ts"

/** A number that is to be reached: a ratio to something measured in the same round. */
export interface RatioGoal {
  readonly name: string
  readonly atMost?: number
  readonly atLeast?: number
  /** The ratio of each round. Empty when nothing of it was measured. */
  readonly ratios: ReadonlyArray<number>
}

/** A goal beside what was measured, all in words, as tables show it. */
export const GoalRow = Schema.Struct({
  goal: Schema.String,
  target: Schema.String,
  measured: Schema.String,
  verdict: Schema.Literals(["met", "missed", "not measured"])
})
export type GoalRow = typeof GoalRow.Type

const ratioText = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 3 : 1)}×`

const spreadText = ({ max, median, min }: Spread) => `${ratioText(median)} (${ratioText(min)} … ${ratioText(max)})`

/** The median of the rounds decides. */
export const judge = ({ atLeast, atMost, name, ratios }: RatioGoal): GoalRow => {
  const target = atMost !== undefined ? `≤ ${atMost}×` : `≥ ${atLeast ?? 0}×`
  if (ratios.length === 0) return { goal: name, target, measured: "–", verdict: "not measured" }
  const spread = spreadOf(ratios)
  const isMet = spread.median <= (atMost ?? Infinity) && spread.median >= (atLeast ?? -Infinity)
  return { goal: name, target, measured: spreadText(spread), verdict: isMet ? "met" : "missed" }
}
