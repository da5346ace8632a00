import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import * as fc from "fast-check"
import { storable } from "../../src/Storable.ts"

/** Nothing of what it encodes is looked at by the schema. */
const { encode } = storable(Schema.Any, { definition: "Test", option: "stateSchema" })

const problemOf = (value: unknown): string | undefined => {
  try {
    const exit = Effect.runSyncExit(encode(value))
    if (Exit.isSuccess(exit)) {
      assert.isTrue(Object.is(exit.value, value))
      return undefined
    }
    return String(exit.cause)
  } catch (defect) {
    return String(defect)
  }
}

const textOf = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const levels = (count: number): unknown => count === 0 ? null : [levels(count - 1)]

describe("what a schema encodes to", () => {
  it("may be stored when it has a text", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true
        }),
        (value) => {
          assert.strictEqual(problemOf(value) === undefined, textOf(value) !== undefined)
        }
      )
    )
  })

  const endless: Array<unknown> = []
  endless.push(endless)

  it.each<{ readonly name: string; readonly value: unknown; readonly problem: RegExp | undefined }>([
    { name: "500 levels", value: levels(500), problem: undefined },
    { name: "501 levels", value: levels(501), problem: /nested more than 500 levels deep/ },
    { name: "a cycle", value: endless, problem: /nested more than 500 levels deep/ },
    { name: "a cycle beside a bigint", value: [1n, endless], problem: /nested more than 500 levels deep/ },
    { name: "a bigint", value: { list: [1n] }, problem: /BigInt/ },
    { name: "a bigint in a box", value: { list: [Object(1n)] }, problem: /BigInt/ },
    { name: "undefined", value: undefined, problem: /is no JSON value/ },
    { name: "a field that is undefined", value: { absent: undefined }, problem: undefined },
    { name: "a function", value: () => 1, problem: /is no JSON value/ },
    { name: "NaN", value: Number.NaN, problem: undefined },
    { name: "a date", value: { at: new Date(0) }, problem: undefined },
    { name: "a date that is none", value: { at: new Date(Number.NaN) }, problem: undefined },
    { name: "a text of its own that is none", value: { toJSON: () => undefined }, problem: /is no JSON value/ },
    {
      name: "a text of its own that cannot be made",
      value: {
        deep: {
          toJSON: () => {
            throw new Error("not now")
          }
        }
      },
      problem: /not now/
    }
  ])("$name", ({ problem, value }) => {
    if (problem === undefined) assert.isUndefined(problemOf(value))
    else assert.match(problemOf(value) ?? "", problem)
  })
})
