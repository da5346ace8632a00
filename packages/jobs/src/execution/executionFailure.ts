import type { EventError } from "@durable-effect/core"
import { ExecutionFailed } from "../errors.ts"

/** An error as it may be stored and sent, for each failure that has it whole. */
const storedErrors = new WeakMap<ExecutionFailed, EventError>()

/** The failure of a run for the caller, who gets the error whole; `storedError` is what may be kept of it. */
export const executionFailure = (
  failed: ConstructorParameters<typeof ExecutionFailed>[0],
  storedError: EventError
): ExecutionFailed => {
  const failure = new ExecutionFailed(failed)
  storedErrors.set(failure, storedError)
  return failure
}

/** What may be kept of a failure's error. One that was read from the storage is such. */
export const storedErrorOf = (failure: ExecutionFailed): EventError => storedErrors.get(failure) ?? failure.error
