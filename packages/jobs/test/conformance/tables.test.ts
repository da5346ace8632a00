import { JobEvent } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import type { Call } from "./calls.ts"
import * as calls from "./calls.ts"
import type { Step } from "./Case.ts"
import { tables } from "./cases/tables.ts"

const cases = tables.flatMap(({ cases }) => cases)
const lines = cases.flatMap(({ outcome }) => outcome.events)
/** Each line without its instant and its owner: type, and all that follows. */
const told = lines.map((line) => line.replace(/^@\S+ /, "").replace(/^\S+\/ /, ""))

const callsOf = (step: Step): ReadonlyArray<Call> =>
  step._tag === "Call" ? [step] : step._tag === "Meanwhile" ? step.calls : []

/** Field and value, as lines tell them, of all fields of the catalogue that take one of a few texts. */
const alternatives = JobEvent.members.flatMap(({ fields }) =>
  Object.entries(fields).flatMap(([field, schema]) =>
    field !== "jobType" && "literals" in schema && Array.isArray(schema.literals)
      ? schema.literals.map((literal: unknown) => ({
        type: fields.type.schema.literal,
        field,
        literal: String(literal)
      }))
      : []
  )
)

describe("the table of conformance", () => {
  it("has at least 150 cases, each with a name of its own", () => {
    assert.isAtLeast(cases.length, 150)
    assert.strictEqual(new Set(cases.map(({ name }) => name)).size, cases.length)
  })

  it("expects something of each case", () => {
    const empty = cases.filter(({ outcome, when }) =>
      when.length === 0 || outcome.answers.length + outcome.events.length + outcome.left.length === 0
    )
    // What these expect is that nothing comes of it.
    assert.deepStrictEqual(empty.map(({ name }) => name), [
      "nothing is left of a purged instance once its keys have expired",
      "an alarm of nobody does nothing"
    ])
  })

  it("tells each type of the catalogue", () => {
    const types = new Set(told.map((line) => line.split(" ")[0]))
    assert.sameMembers([...types], JobEvent.members.map(({ fields }) => fields.type.schema.literal))
  })

  it("tells each alternative that a field of the catalogue has", () => {
    assert.isAtLeast(alternatives.length, 30)
    const missing = alternatives.filter(({ field, literal, type }) =>
      // Goes without saying.
      !(field === "handler" && literal === "execute") &&
      !told.some((line) => line.startsWith(`${type} `) && ` ${line} `.includes(` ${field}=${literal} `))
    )
    assert.deepStrictEqual(missing, [])
  })

  it("makes each call of each client", () => {
    const made = new Set(cases.flatMap(({ when }) => when.flatMap(callsOf).map(({ method }) => method)))
    const { continuous, debounce, pool, task } = calls
    const all = Object.entries({ continuous, debounce, task, workerPool: pool }).flatMap(([type, methods]) =>
      Object.keys(methods).map((method) => `${type}.${method}`)
    )
    assert.sameMembers([...made], all)
  })
})
