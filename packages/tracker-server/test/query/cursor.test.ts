import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "../../src/query/cursor.ts"

const scope: CursorScope = { tenantId: "acme", list: "tasks", id: "plan" }
const Position = Schema.Tuple([PositionId, Schema.Natural])
const cursor = encodeCursor(scope, ["é/1", 3])

const isRefused = (cursor: string, within: CursorScope = scope) =>
  decodeCursor(within, Position, cursor).pipe(
    Effect.match({ onFailure: ({ status }) => status === 400, onSuccess: () => false })
  )

describe("a cursor", () => {
  it.effect("gives its position back", () =>
    Effect.map(decodeCursor(scope, Position, cursor), (position) => assert.deepStrictEqual([...position], ["é/1", 3])))

  it.effect("is refused by another tenant, list or plan", () =>
    Effect.gen(function*() {
      for (const other of [{ tenantId: "other" }, { list: "timeline" as const }, { id: "other" }]) {
        assert.isTrue(yield* isRefused(cursor, { ...scope, ...other }), JSON.stringify(other))
      }
    }))

  it.effect("is refused when it is none, or says what no list says", () =>
    Effect.gen(function*() {
      const forged = [["a\0", 3], ["", 3], ["a", -1], ["a"], null, {}].map((position) => encodeCursor(scope, position))
      for (const text of ["", "x", "%%%", "e30", ...forged]) assert.isTrue(yield* isRefused(text), text)
    }))
})
