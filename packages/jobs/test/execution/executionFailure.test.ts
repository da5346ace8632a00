import { assert, describe, it } from "@effect/vitest"
import { ExecutionFailed } from "../../src/errors.ts"
import type { Redact } from "../../src/events/payload.ts"
import { executionFailure, storedErrorOf } from "../../src/execution/executionFailure.ts"

const redact: Redact = (field, value) => field === "error.stack" ? "hidden" : value

const whole = { name: "Error", message: "no", stack: "Error: no\n    at /home/user/secret.ts" }
const failed = { instanceId: "continuous:job:a", executionId: "e:r1", attempts: 1, error: whole }

describe("what is kept of a failure's error", () => {
  it("is what was redacted when the attempt ended, and not again", () => {
    const stored = { message: "no", stack: "redacted before" }
    const failure = executionFailure(failed, stored)
    assert.strictEqual(failure.error.stack, whole.stack)
    assert.deepStrictEqual(storedErrorOf(failure, redact), stored)
  })

  it("is redacted when nobody has done so", () => {
    assert.deepStrictEqual(storedErrorOf(new ExecutionFailed(failed), redact), { ...whole, stack: "hidden" })
  })
})
