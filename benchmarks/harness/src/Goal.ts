import { Schema } from "effect"
import { type Spread, spreadOf } from "./statistics.ts"

/** A number that is to be reached. */
export interface Goal {
  readonly name: string
  readonly atMost?: number
  readonly atLeast?: number
  /** `×` (default) for a ratio to something measured in the same round; else the unit of an absolute number, such as `ms`. */
  readonly unit?: string
  /** The number of each round. Empty when nothing of it was measured. */
  readonly values: ReadonlyArray<number>
}

/** A goal beside what was measured, all in words, as tables show it. */
export const GoalRow = Schema.Struct({
  goal: Schema.String,
  target: Schema.String,
  measured: Schema.String,
  verdict: Schema.Literals(["met", "missed", "not measured"])
})
export type GoalRow = typeof GoalRow.Type

const ratio = "×"

const numberText = (value: number) => {
  if (value < 10) return value.toFixed(3)
  return value < 1000 ? value.toFixed(1) : Math.round(value).toLocaleString("en")
}

/** Units stand after a space, `×` does not. */
const withUnit = (number: string, unit: string) => unit === ratio ? `${number}${ratio}` : `${number} ${unit}`

const spreadText = ({ max, median, min }: Spread, unit: string) => {
  const [middle = "", least = "", most = ""] = [median, min, max].map((value) => withUnit(numberText(value), unit))
  return `${middle} (${least} … ${most})`
}

/** The median of the rounds decides. */
export const judge = ({ atLeast, atMost, name, unit = ratio, values }: Goal): GoalRow => {
  const limit = atMost ?? atLeast ?? 0
  const target = `${atMost === undefined ? "≥" : "≤"} ${withUnit(limit.toLocaleString("en"), unit)}`
  if (values.length === 0) return { goal: name, target, measured: "–", verdict: "not measured" }
  const spread = spreadOf(values)
  const isMet = spread.median <= (atMost ?? Infinity) && spread.median >= (atLeast ?? -Infinity)
  return { goal: name, target, measured: spreadText(spread, unit), verdict: isMet ? "met" : "missed" }
}
