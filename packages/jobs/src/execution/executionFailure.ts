import type { EventError } from "@durable-effect/core"
import { ExecutionFailed } from "../errors.ts"
import { errorPayload, type Redact } from "../events/payload.ts"

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

/** What may be kept of a failure's error. One that nobody is known to have redacted is redacted now. */
export const storedErrorOf = (failure: ExecutionFailed, redact: Redact): EventError =>
  storedErrors.get(failure) ?? errorPayload(failure.error, redact)
