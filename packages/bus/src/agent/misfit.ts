import type { TaskEvent } from "@durable-effect/core"
import { Result, Schema } from "effect"
import { AnyTaskEvent } from "./AnyTaskEvent.ts"

const check = Schema.decodeUnknownResult(AnyTaskEvent)

/** Why an event does not fit the schema of its type, in one line; undefined where it does. */
export const misfit = (event: TaskEvent): string | undefined => {
  const result = check(event)
  return Result.isFailure(result) ? result.failure.message.replaceAll(/\s*\n\s*/g, ", ") : undefined
}
