import type { Plan } from "../api/views.ts"
import { maxPageBytes } from "./bounded.ts"

/** Maximum number of plans in one hierarchy. */
export const maxHierarchyPlans = 10_000

/** Number of keys needed to cut a hierarchy: one extra shows that not all of them fit. */
export const keysOfHierarchy = maxHierarchyPlans + 1

/** A plan's position below the requested one. */
export interface BranchKey {
  readonly planId: string
  /** Null for the top plan. */
  readonly parentId: string | null
  /** 0 at the top. */
  readonly level: number
  /** Bytes of the plan's variable-size parts. */
  readonly bytes: number
}

/** As many whole levels as fit, and always the top; `isWhole` if that is all of them. */
export const hierarchyCut = (
  keys: ReadonlyArray<BranchKey>
): { readonly keys: ReadonlyArray<BranchKey>; readonly levels: number; readonly isWhole: boolean } => {
  const tooMany = keys.length > maxHierarchyPlans
  const bytes = new Map<number, number>()
  for (const key of keys) bytes.set(key.level, (bytes.get(key.level) ?? 0) + key.bytes)
  // If there are too many keys, the last level is incomplete.
  const last = bytes.size - (tooMany ? 1 : 0)
  let levels = 1
  let total = bytes.get(0) ?? 0
  while (levels < last && total + (bytes.get(levels) ?? 0) <= maxPageBytes) {
    total += bytes.get(levels) ?? 0
    levels++
  }
  return { keys: keys.filter(({ level }) => level < levels), levels, isWhole: levels === bytes.size }
}

/** A plan with its sub-plans; null if they did not fit. */
export interface Branch {
  readonly plan: Plan
  readonly subPlans: ReadonlyArray<Branch> | null
}

/** Builds a tree from plans, given in sibling order; `undefined` if its top is not among them. */
export const hierarchyOf = (
  { isWhole, keys, levels }: ReturnType<typeof hierarchyCut>,
  plans: ReadonlyArray<Plan>
): Branch | undefined => {
  const places = new Map(keys.map((key) => [key.planId, key]))
  const children = new Map<string | null, Array<Branch>>()
  // From the deepest level up, so that a plan's children exist when it is built.
  const byLevel = plans.map((plan) => ({ plan, place: places.get(plan.plan_id) }))
    .sort((left, right) => (right.place?.level ?? 0) - (left.place?.level ?? 0))
  for (const { place, plan } of byLevel) {
    if (place === undefined) continue
    const isKnown = isWhole || place.level < levels - 1
    const branch = { plan, subPlans: isKnown ? children.get(place.planId) ?? [] : null }
    const siblings = children.get(place.parentId)
    if (siblings === undefined) children.set(place.parentId, [branch])
    else siblings.push(branch)
  }
  return children.get(null)?.[0]
}

/**
 * A hierarchy as JSON text, without recursion: a chain of plans may be deeper than the stack, which limits
 * `JSON.stringify` and schemas.
 */
export const hierarchyJson = (top: Branch): string => {
  const text = ["{\"plan\":"]
  const rest: Array<Branch | string> = ["}", top]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === "string") {
      text.push(next)
      continue
    }
    const { plan, subPlans } = next
    const own = JSON.stringify(plan)
    if (subPlans === null) {
      text.push(own)
      continue
    }
    text.push(own.slice(0, -1), ",\"sub_plans\":[")
    rest.push("]}")
    for (let i = subPlans.length - 1; i >= 0; i--) {
      const branch = subPlans[i]
      if (branch !== undefined) rest.push(branch)
      if (i > 0) rest.push(",")
    }
  }
  return text.join("")
}
