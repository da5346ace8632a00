import { Context, Effect, Layer } from "effect"
import { waitingIn } from "../../engine/PoolRecord.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { InvalidInput, type JobsError } from "../../errors.ts"
import type { WorkerPoolAnswers, WorkerPoolRequests } from "../../requests/workerPool.ts"
import type { Definition } from "./itemRuns.ts"
import { PoolRows } from "./PoolRows.ts"
import { shardIdOf, shardsOf } from "./Shard.ts"

/** Default number of dead letters per page. */
const defaultPageSize = 100

const readCursor = (cursor: string | undefined): { readonly shard: number; readonly after?: string } | undefined => {
  if (cursor === undefined) return { shard: 0 }
  const [, shard, after] = /^(\d{1,9}):(.+)$/su.exec(cursor) ?? []
  return shard === undefined || after === undefined ? undefined : { shard: Number(shard), after }
}

/** Reads a pool as committed, over all of its shards. */
export class PoolReads extends Context.Service<PoolReads, {
  readonly status: (name: string, definition: Definition) => Effect.Effect<WorkerPoolAnswers["status"], JobsError>
  readonly deadLetters: (
    request: WorkerPoolRequests["deadLetters"],
    definition: Definition
  ) => Effect.Effect<WorkerPoolAnswers["deadLetters"], JobsError>
}>()("@durable-effect/jobs/PoolReads") {
  static readonly layer = Layer.effect(
    PoolReads,
    Effect.gen(function*() {
      const store = yield* StepStore
      const rows = yield* PoolRows

      return {
        status: Effect.fnUntraced(function*(name, definition) {
          const status = { pending: 0, running: 0, deadLetters: 0, paused: false }
          for (const { index } of shardsOf(name, definition)) {
            const record = yield* store.read(shardIdOf(name, index))
            status.deadLetters += yield* rows.countDead(shardIdOf(name, index))
            if (record?.pool === undefined) continue
            status.pending += waitingIn(record.pool)
            status.running += record.pool.running
            status.paused ||= record.pool.paused || record.quarantined
          }
          return status
        }),

        deadLetters: Effect.fnUntraced(function*({ cursor, limit = defaultPageSize, name }, definition) {
          const from = readCursor(cursor)
          if (from === undefined) {
            const problem = "is not what an earlier page answered"
            return yield* new InvalidInput({ target: `workerPool:${name}`, field: "cursor", problem })
          }
          const found: Array<
            { readonly shard: number; readonly letter: WorkerPoolAnswers["deadLetters"]["items"][number] }
          > = []
          for (let shard = from.shard; shard < definition.shards && found.length <= limit; shard++) {
            const after = shard === from.shard ? from.after : undefined
            const letters = yield* rows.deadLetters(shardIdOf(name, shard), after, limit + 1 - found.length)
            for (const { isOwnId: _own, priority: _priority, ...letter } of letters) found.push({ shard, letter })
          }
          const page = found.slice(0, limit)
          const last = page.at(-1)
          return {
            items: page.map(({ letter }) => letter),
            cursor: found.length > limit && last !== undefined ? `${last.shard}:${last.letter.itemId}` : null
          }
        })
      }
    })
  )
}
