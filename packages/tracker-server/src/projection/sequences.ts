/** An inclusive range of integers. */
export interface SequenceRange {
  readonly from: number
  readonly to: number
}

/** A set of integers as ascending ranges, with at least one number missing between any two. */
export type Sequences = ReadonlyArray<SequenceRange>

export const noSequences: Sequences = []

/** The union of both sets. */
export const union = (left: Sequences, right: Sequences): Sequences => {
  if (right.length === 0) return left
  if (left.length === 0) return right
  const merged: Array<SequenceRange> = []
  let last: SequenceRange | undefined
  for (let l = 0, r = 0; l < left.length || r < right.length;) {
    const [ofLeft, ofRight] = [left[l], right[r]]
    const takesLeft = ofRight === undefined || (ofLeft !== undefined && ofLeft.from <= ofRight.from)
    const next = takesLeft ? ofLeft : ofRight
    if (takesLeft) l++
    else r++
    if (next === undefined) continue
    if (last === undefined || next.from > last.to + 1) merged.push(last = next)
    else if (next.to > last.to) merged[merged.length - 1] = last = { from: last.from, to: next.to }
  }
  return merged
}

/** Whether all of `some` are among `all`. */
export const includes = (all: Sequences, some: Sequences): boolean =>
  some.every(({ from, to }) => all.some((range) => range.from <= from && to <= range.to))

/** The numbers missing between 1 and the largest present. */
export const missing = (present: Sequences): Sequences => {
  let next = 1
  return present.flatMap(({ from, to }) => {
    const gap = { from: next, to: from - 1 }
    next = to + 1
    return gap.from <= gap.to ? [gap] : []
  })
}
