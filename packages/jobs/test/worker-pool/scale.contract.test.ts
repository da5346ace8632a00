import { noopTracker } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { JobsHost } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { openPool } from "./openPool.ts"

/** Counts what a host is asked for. */
const counting = (inner: JobsHost["Service"]) => {
  const read = { rows: 0, most: 0, loads: 0, commits: 0, longestRecord: 0 }
  const layer = Layer.succeed(JobsHost, {
    ...inner,
    loadEntry: (instanceId, key) =>
      Effect.tap(inner.loadEntry(instanceId, key), (row) =>
        Effect.sync(() => {
          read.loads += 1
          read.rows += row === undefined ? 0 : 1
        })),
    loadEntries: (instanceId, range) =>
      Effect.tap(inner.loadEntries(instanceId, range), (rows) =>
        Effect.sync(() => {
          read.loads += 1
          read.rows += rows.length
          read.most = Math.max(read.most, rows.length)
        })),
    commit: (commit) =>
      Effect.suspend(() => {
        read.commits += 1
        read.longestRecord = Math.max(read.longestRecord, commit.record?.length ?? 0)
        return inner.commit(commit)
      })
  })
  return { read, layer }
}

describe.each(storages)("a pool with many items on $name", ({ name, open }) => {
  // The memory host sorts arrays, which is for tests.
  const count = name === "memory" ? 4000 : 20_000

  it.live("costs the same for each, however many wait, and holds few in memory", () =>
    Effect.gen(function*() {
      const inner = Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
      const { layer, read } = counting(inner)
      let processed = 0
      const { pool } = yield* openPool(
        layer,
        {
          concurrency: 50,
          execute: () =>
            Effect.sync(() => {
              processed += 1
            })
        },
        { tracker: noopTracker }
      )
      yield* pool.enqueue({ event: { n: 0 } })
      yield* pool.pause()
      const enqueue = (from: number, count: number) =>
        Effect.forEach(
          Array.from({ length: count }, (_, index) => from + index),
          (n) =>
            pool.enqueue({ event: { n }, priority: n % 3, ...(n % 4 === 0 ? { partitionKey: `p${n % 40}` } : {}) }),
          { concurrency: 100, discard: true }
        )
      const costOf = (work: Effect.Effect<void, unknown>) =>
        Effect.gen(function*() {
          const { loads, rows } = read
          yield* work
          return { loads: read.loads - loads, rows: read.rows - rows }
        })
      const few = yield* costOf(enqueue(1, 1000))
      yield* enqueue(1001, count - 2000)
      const many = yield* costOf(enqueue(count - 999, 1000))
      assert.deepInclude(yield* pool.status(), { pending: count })
      // Reads, and the rows that they brought, of a thousand enqueues at the start and at the end.
      assert.isAtMost(many.loads, few.loads * 1.1)
      assert.isAtMost(many.rows, few.rows * 1.5)

      const commits = read.commits
      yield* pool.resume()
      const drained = yield* costOf(pool.drain().pipe(Effect.asVoid))
      assert.strictEqual(processed, count + 1)
      // Never more at a time than twice of what may run, and the longest record no longer than a short one.
      assert.isAtMost(read.most, 100)
      assert.isAtMost(read.longestRecord, 1200)
      assert.isAtMost(drained.rows, count * 6)
      // Outcomes share commits: fifty run at a time.
      assert.isAtMost(read.commits - commits, count / 10)
    }), 60_000)

  it.live("is terminated in pages", () =>
    Effect.gen(function*() {
      const { layer, read } = counting(
        Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
      )
      const { pool } = yield* openPool(layer)
      yield* pool.enqueue({ event: { n: 0 } })
      yield* pool.pause()
      yield* Effect.forEach(Array.from({ length: 3000 }), () => pool.enqueue({ event: { n: 1 } }), {
        concurrency: 100,
        discard: true
      })
      assert.deepStrictEqual(yield* pool.terminate(), { terminated: true })
      assert.isAtMost(read.most, 1000)
      assert.deepInclude(yield* pool.status(), { pending: 0 })
    }), 30_000)
})
