import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { BodyPool } from "../../src/http-batch/BodyPool.ts"

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 1, max: 3_000_000 }) }),
    fc.record({ kind: fc.constant("release" as const), bytes: fc.integer({ min: 0, max: 20 }) })
  ),
  { maxLength: 60, size: "max" }
)

describe("BodyPool", () => {
  it("never gives a buffer to two who have not given it back", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const pool = new BodyPool()
        const taken: Array<Uint8Array<ArrayBuffer>> = []
        for (const { bytes, kind } of steps) {
          if (kind === "take") {
            const body = pool.take(bytes)
            assert.strictEqual(body.length, bytes)
            assert.isFalse(taken.some(({ buffer }) => buffer === body.buffer))
            taken.push(body)
          } else taken.splice(bytes, 1).forEach((body) => pool.release(body))
        }
      }),
      { numRuns: 50 }
    )
  })

  it("uses a buffer again that is large enough, and keeps a few only", () => {
    const pool = new BodyPool()
    const bodies = Array.from({ length: 20 }, () => pool.take(50_000))
    bodies.forEach((body) => pool.release(body))
    const again = Array.from({ length: 20 }, () => pool.take(60_000))
    assert.lengthOf(again.filter(({ buffer }) => bodies.some((body) => body.buffer === buffer)), 8)
  })

  it("gives the largest buffer that is free to whom does not know how much he needs", () => {
    const pool = new BodyPool()
    const bodies = [5_000, 300_000, 100_000].map((bytes) => pool.take(bytes))
    bodies.forEach((body) => pool.release(body))
    assert.deepStrictEqual([1, 2, 3].map(() => pool.takeLargest().length), [524_288, 131_072, 8192])
    assert.strictEqual(pool.takeLargest().length, 65_536)
  })

  it("keeps nothing that is not its own", () => {
    const pool = new BodyPool()
    const foreign = new Uint8Array(5000)
    pool.release(foreign)
    assert.notStrictEqual(pool.take(4500).buffer, foreign.buffer)
  })
})
