import { Cause, Effect, Fiber, type Schema } from "effect"
import { stopUserCode } from "../engine/userCode.ts"
import { describeIssue } from "../services/schemaIssue.ts"
import { AttemptTimedOut, errorOfCause, InvalidState } from "./attemptError.ts"
import { failingAs } from "./failingAs.ts"
import type { Unstorable } from "./storableJson.ts"

/** Interrupts user code that takes longer, and fails with AttemptTimedOut. */
export const withinTimeout = <A, E, R>(
  code: Effect.Effect<A, E, R>,
  timeoutMs: number | undefined
): Effect.Effect<A, E | AttemptTimedOut, R> =>
  timeoutMs === undefined ? code : Effect.acquireUseRelease(
    Effect.forkDetach(code, { startImmediately: true }),
    (fiber) =>
      fiber.pollUnsafe() ?? Effect.timeoutOrElse(Fiber.join(fiber), {
        duration: timeoutMs,
        orElse: () => Effect.fail(new AttemptTimedOut({ timeoutMs }))
      }),
    stopUserCode
  )

/** What user code left, or why it cannot be stored. */
export const orInvalidState = (
  encode: () => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
): Effect.Effect<Schema.Json, InvalidState> =>
  failingAs(encode, {
    onError: (error) => {
      const { field, problem } = describeIssue("state", error)
      return new InvalidState({ problem: `${field}: ${problem}` })
    },
    // Such as a stack overflow, or an encoder that throws.
    onDefect: (defect) => new InvalidState({ problem: `state: ${errorOfCause(Cause.die(defect)).message}` })
  })
