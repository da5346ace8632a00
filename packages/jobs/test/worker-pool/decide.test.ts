import { assert, describe, it } from "@effect/vitest"
import { newPool } from "../../src/engine/PoolRecord.ts"
import {
  attemptOf,
  executionIdOf,
  isThere,
  isTooLate,
  isWaiting,
  lifeAfter,
  positionOf,
  shardOf,
  shareOf,
  textProblem
} from "../../src/handlers/worker-pool/decide.ts"
import { instantOf, type Item, keys, type Place } from "../../src/handlers/worker-pool/rows.ts"
import { retryPolicy } from "../../src/RetryPolicy.ts"

const place = (given: Partial<Place> = {}): Place => ({
  key: "ready:x:1",
  incarnationId: "i1",
  life: 1,
  place: 5,
  ...given
})
const item: Item = {
  itemId: "a",
  isOwnId: false,
  executionId: "i1:ia",
  life: 1,
  seq: 1,
  priority: 0,
  event: null
}
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

describe("the shard of a key", () => {
  it.each([["", 0x811c9dc5], ["a", 0xe40c292c], ["foobar", 0xbf9cf968]])(
    "%j is FNV-1a's, the same for all time",
    (key, hash) => {
      assert.strictEqual(shardOf(key, 2 ** 32), hash)
      assert.strictEqual(shardOf(key, 7), hash % 7)
    }
  )

  it("spreads keys evenly and is always one there is", () => {
    for (const shards of [1, 2, 3, 16]) {
      const counts = numbers(shards).map(() => 0)
      for (const n of numbers(16_000)) counts[shardOf(`key ${n}`, shards)]! += 1
      for (const count of counts) assert.approximately(count, 16_000 / shards, 16_000 / shards / 5)
    }
  })
})

describe("a shard's part of the concurrency", () => {
  it("adds up to the whole, and is never nothing", () => {
    for (const shards of [1, 2, 3, 7]) {
      for (const concurrency of [shards, shards + 1, 10, 100]) {
        const parts = numbers(shards).map((shard) => shareOf({ concurrency, shards }, shard))
        assert.strictEqual(parts.reduce((sum, part) => sum + part, 0), concurrency)
        assert.isAtMost(Math.max(...parts) - Math.min(...parts), 1)
        assert.isAtLeast(Math.min(...parts), 1)
      }
    }
  })

  it("is one for a shard that the definition has no more", () => {
    assert.strictEqual(shareOf({ concurrency: 10, shards: 2 }, 5), 1)
  })
})

describe("the keys of what waits", () => {
  it("sort as priorities and arrivals do", () => {
    const priorities = [Number.MIN_SAFE_INTEGER, -1e9, -2, -1, 0, 1, 9, 10, 1e9, Number.MAX_SAFE_INTEGER]
    const sequences = [1, 2, 9, 10, 99, 100, 1e12]
    const inOrder = priorities.flatMap((priority) => sequences.map((seq) => keys.ready({ priority, seq })))
    assert.deepStrictEqual(inOrder.toSorted(), inOrder)
    assert.strictEqual(new Set(inOrder).size, inOrder.length)
  })

  it("of retries sort by instant and tell it", () => {
    const instants = [0, 1, 999, 1000, 1.7e12, 253_402_300_799_999]
    const inOrder = instants.map((at) => keys.retry(at, item))
    assert.deepStrictEqual(inOrder.toSorted(), inOrder)
    assert.deepStrictEqual(inOrder.map(instantOf), instants)
  })

  it("of one partition begin as no other partition's do", () => {
    const partitions = ["a", "a:", "a:b", "b", "%3A", ":", "ä", "a%3A"]
    for (const one of partitions) {
      for (const other of partitions) {
        assert.strictEqual(keys.behind(other, 1).startsWith(keys.partition(one)), one === other)
      }
    }
    assert.strictEqual(new Set(partitions.map(keys.head)).size, partitions.length)
  })
})

describe("where an item is", () => {
  it.each([
    ["ready:x:1", true, true],
    ["part:p:1", true, true],
    ["retry:1:1", true, true],
    ["run:1", false, true],
    ["dead:a", false, true],
    [null, false, false]
  ])("%s: waits %s, is there %s", (key, waits, there) => {
    assert.strictEqual(isWaiting(place({ key })), waits)
    assert.strictEqual(isThere(place({ key })), there)
  })

  it.each([
    [place({ place: 5 }), { ready: 9, departed: 0 }, 5],
    [place({ place: 5 }), { ready: 9, departed: 4 }, 1],
    [place({ place: 5 }), { ready: 9, departed: 50 }, 1],
    [place({ place: 5 }), { ready: 2, departed: 0 }, 2],
    [place({ place: 5 }), { behind: 1, retrying: 2, departed: 0 }, 3],
    [place({ key: "run:1" }), { ready: 9 }, 0],
    [place({ key: "dead:a" }), { ready: 9 }, 0]
  ])("%o in %o has position %i", (at, pool, position) => {
    assert.strictEqual(positionOf(at, { ...newPool, ...pool }), position)
  })

  it("is nowhere in a pool that is not", () => {
    assert.strictEqual(positionOf(place(), undefined), 0)
    assert.isFalse(isThere(undefined))
  })
})

describe("the lives of an id", () => {
  it("count within an incarnation", () => {
    assert.strictEqual(lifeAfter(undefined, "i1"), 1)
    assert.strictEqual(lifeAfter(place({ life: 4 }), "i1"), 5)
    assert.strictEqual(lifeAfter(place({ life: 4 }), "i2"), 1)
  })

  it("show in the execution from the second on, and fit an event", () => {
    assert.strictEqual(executionIdOf("i1", "a", 1), "i1:ia")
    assert.strictEqual(executionIdOf("i1", "a", 2), "i1:ia.2")
    assert.isAtMost(executionIdOf("x".repeat(36), "y".repeat(200), 999_999_999).length, 255)
  })
})

describe("an item's turn", () => {
  const begun = { runCount: 3, attempt: 2, firstAttemptAt: 100, retryAt: 200 }

  it("is a first attempt, a retry, or the attempt that was cut off", () => {
    assert.deepInclude(attemptOf(item, { now: 7, runCount: 9 }), {
      runCount: 9,
      attempt: 1,
      firstAttemptAt: 7,
      begunAt: 7,
      isRecovered: false
    })
    const retry = { runCount: 3, attempt: 2, firstAttemptAt: 100, begunAt: 300 }
    assert.deepInclude(attemptOf({ ...item, begun }, { now: 300, runCount: 9 }), { ...retry, isRecovered: false })
    const cutOff = { ...item, begun: { ...begun, retryAt: null } }
    assert.deepInclude(attemptOf(cutOff, { now: 300, runCount: 9 }), { ...retry, isRecovered: true })
  })

  it("is too late only for a retry past maxDuration", () => {
    const policy = retryPolicy({ maxAttempts: 9, delay: 0, maxDuration: 1000 })
    const at = (now: number, retryAt: number | null = 200) =>
      attemptOf({ ...item, begun: { ...begun, retryAt } }, { now, runCount: 9 })
    assert.isFalse(isTooLate(at(1100), policy))
    assert.isTrue(isTooLate(at(1101), policy))
    assert.isFalse(isTooLate(at(1101), undefined))
    assert.isFalse(isTooLate(at(9999, null), policy))
    assert.isFalse(isTooLate(attemptOf(item, { now: 9999, runCount: 1 }), policy))
  })
})

describe("the text of ids and keys", () => {
  it.each(["a", "x".repeat(200), "ä".repeat(100), "a b:c/%\n"])("%j is fine", (text) => {
    assert.isUndefined(textProblem(text))
  })
  it.each([["", /empty/], [undefined, /empty/], [5, /empty/], ["a\0", /NUL/], ["\udc00", /surrogate/], [
    "ä".repeat(101),
    /202 bytes/
  ]])(
    "%j is not",
    (text, problem) => assert.match(textProblem(text) ?? "", problem)
  )
})
