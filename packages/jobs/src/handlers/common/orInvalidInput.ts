import { Cause, type Effect, type Schema } from "effect"
import { InvalidInput } from "../../errors.ts"
import { errorOfCause } from "../../execution/attemptError.ts"
import { failingAs } from "../../execution/failingAs.ts"
import type { Unstorable } from "../../execution/storableJson.ts"
import { describeIssue } from "../../services/schemaIssue.ts"

/** Converts a definition's rejection of a request's `input` or `event` to what the caller receives. */
export const orInvalidInput = <A>(
  read: () => Effect.Effect<A, Schema.SchemaError | Unstorable>,
  target: string,
  field: "input" | "event"
): Effect.Effect<A, InvalidInput> =>
  failingAs(read, {
    onError: (error) => new InvalidInput({ target, ...describeIssue(field, error) }),
    onDefect: (defect) => new InvalidInput({ target, field, problem: errorOfCause(Cause.die(defect)).message })
  })
