import type { EventError } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause } from "effect"
import { errorOfCause } from "../../src/execution/attemptError.ts"

const boom = (): never => {
  throw new Error("boom")
}
const told = (thrown: unknown) => errorOfCause(Cause.die(thrown))

class Mute extends Error {
  override get message(): string {
    return boom()
  }
}

const unprintable = "what was thrown cannot be shown as text"

const nested = () => {
  let value: ReadonlyArray<unknown> = []
  for (let level = 0; level < 20_000; level++) value = [value]
  return value
}

describe("errorOfCause", () => {
  it.each<{ readonly name: string; readonly thrown: unknown; readonly error: EventError }>([
    { name: "a text", thrown: "no", error: { message: "no" } },
    { name: "nothing", thrown: undefined, error: { message: "undefined" } },
    { name: "data", thrown: { code: 7 }, error: { message: `{"code":7}` } },
    { name: "a tagged object", thrown: { _tag: "Gone", message: "m" }, error: { name: "Gone", message: "m" } },
    {
      name: "a message that throws",
      thrown: {
        get message() {
          return boom()
        }
      },
      error: { message: "[object Object]" }
    },
    { name: "a name that is no text", thrown: { _tag: 5, message: 6 }, error: { message: `{"_tag":5,"message":6}` } },
    {
      name: "something with no text at all",
      thrown: { toJSON: boom, toString: boom },
      error: { message: unprintable }
    },
    { name: "something too deep for a text", thrown: nested(), error: { message: unprintable } },
    {
      name: "something that lets nobody look",
      thrown: new Proxy({}, { get: boom, has: boom, getPrototypeOf: boom, ownKeys: boom }),
      error: { message: unprintable }
    }
  ])("tells of $name", ({ error, thrown }) => {
    assert.deepStrictEqual<unknown>(told(thrown), error)
  })

  it("tells of errors by name, message and stack", () => {
    assert.deepInclude(told(new TypeError("m")), { name: "TypeError", message: "m" })
    assert.include(told(new TypeError("m")).stack ?? "", "attemptError.test")
    assert.deepInclude(told(new RangeError("")), { name: "RangeError", message: "RangeError" })
    assert.deepInclude(told(new Mute()), { name: "Error", message: "Error" })
  })
})
