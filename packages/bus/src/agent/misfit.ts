import { ActionRequest, ActionResult, SystemEvent, type TaskEvent } from "@durable-effect/core"
import { Result, Schema } from "effect"

const checkOf = (schema: Schema.ConstraintDecoder<unknown>) => Schema.decodeUnknownResult(schema)
type Check = ReturnType<typeof checkOf>

/** One schema per type: errors then concern only that type, and the others cost nothing. */
const ofTypes: ReadonlyMap<string, Check> = new Map(
  SystemEvent.members.map((schema) => [schema.fields.type.schema.literal, checkOf(schema)])
)
const ofRequests = checkOf(ActionRequest)
const ofResults = checkOf(ActionResult)

const checkFor = ({ topic, type }: TaskEvent): Check | undefined =>
  topic === "action-requests" ? ofRequests : topic === "action-results" ? ofResults : ofTypes.get(type)

/** Why an event does not match the schema of its type, in one line; `undefined` if it does. */
export const misfit = (event: TaskEvent): string | undefined => {
  const result = checkFor(event)?.(event)
  return result !== undefined && Result.isFailure(result)
    ? result.failure.message.replaceAll(/\s*\n\s*/g, ", ")
    : undefined
}
