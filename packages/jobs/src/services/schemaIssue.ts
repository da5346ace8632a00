import { type Schema, SchemaIssue } from "effect"
import { StateUndecodable } from "../errors.ts"
import type { Unstorable } from "../execution/storableJson.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const stepOf = (segment: PropertyKey): string => typeof segment === "number" ? `[${segment}]` : `.${String(segment)}`

/** Which field a schema rejected, as a path that begins with `root`, and why. */
export const describeIssue = (
  root: string,
  error: Schema.SchemaError | Unstorable
): { readonly field: string; readonly problem: string } => {
  if (error._tag === "Unstorable") return { field: root, problem: error.problem }
  const first = format(error.issue).issues[0]
  const path = (first?.path ?? []).map((segment) => stepOf(typeof segment === "object" ? segment.key : segment))
  return { field: `${root}${path.join("")}`, problem: first?.message ?? error.message }
}

/** A stored state, or event, that its schema rejects. */
export const stateUndecodable = (
  instanceId: string,
  error: Schema.SchemaError,
  part: "state" | "event" = "state"
): StateUndecodable => {
  const { field, problem } = describeIssue(part, error)
  return new StateUndecodable({ instanceId, problem: `${field}: ${problem}` })
}
