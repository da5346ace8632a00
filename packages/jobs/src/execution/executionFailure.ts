import type { EventError } from "@durable-effect/core"
import { ExecutionFailed } from "../errors.ts"
import { errorPayload, type Redact } from "../events/payload.ts"

/** The storable form of the error of each failure that carries it in full. */
const storedErrors = new WeakMap<ExecutionFailed, EventError>()

/** The failure of a run for the caller, who gets the complete error; `storedError` is what may be stored of it. */
export const executionFailure = (
  failed: ConstructorParameters<typeof ExecutionFailed>[0],
  storedError: EventError
): ExecutionFailed => {
  const failure = new ExecutionFailed(failed)
  storedErrors.set(failure, storedError)
  return failure
}

/** The storable form of a failure's error. It is redacted now unless it is known to have been. */
export const storedErrorOf = (failure: ExecutionFailed, redact: Redact): EventError =>
  storedErrors.get(failure) ?? errorPayload(failure.error, redact)
