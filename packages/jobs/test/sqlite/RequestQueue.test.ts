import { assert, describe, it } from "@effect/vitest"
import { RequestQueue } from "../../src/host/sqlite/RequestQueue.ts"
import type { Outcome } from "../../src/host/sqlite/requests.ts"

describe("RequestQueue", () => {
  it("gives each its outcome, and fails whose outcome is missing", () => {
    const queue = new RequestQueue<string, number>()
    const told: Array<Outcome<number>> = []
    for (const request of ["a", "b", "c"]) queue.add(request, (outcome) => told.push(outcome))
    assert.deepStrictEqual(queue.take(), ["a", "b", "c"])
    const outcomes: Array<Outcome<number>> = [{ answer: 1 }]
    outcomes[2] = { answer: 3 }
    queue.answer(outcomes)
    assert.deepStrictEqual(told, [
      { answer: 1 },
      { failure: { message: "the thread of the file did not answer", code: 0 } },
      { answer: 3 }
    ])
    assert.isTrue(queue.isIdle)
  })
})
