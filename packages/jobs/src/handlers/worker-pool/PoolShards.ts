import { Context, Deferred, Effect, Exit, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { notePending } from "../../engine/PendingCall.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { JobsError } from "../../errors.ts"
import type { WorkerPoolRequests } from "../../requests/workerPool.ts"
import { type Call, DedupeKeys, keyOfCall } from "../../services/DedupeKeys.ts"
import { alter, poolOf } from "./changes.ts"
import type { Definition } from "./itemRuns.ts"
import { AtEnd, type Change } from "./mailbox.ts"
import { PoolSessions } from "./PoolSessions.ts"
import { keys } from "./rows.ts"
import { type Shard, shardIdOf, shardsOf } from "./Shard.ts"

/** Records a call that waits for the end of the incarnation, so that its repeats find it. */
const keptWaiting = <A>(step: JobStep, change: Effect.Effect<A, JobsError | AtEnd>) =>
  Effect.tapError(change, (error) =>
    Effect.sync(() => {
      if (error._tag !== "AtEnd" || error.of === "successor") return
      const calls = notePending(step, poolOf(recordOf(step)).calls)
      if (calls !== undefined) alter(step, { calls })
    }))

/** Sends calls to the shards of a pool. */
export class PoolShards extends Context.Service<PoolShards, {
  /**
   * A call on one shard.
   * @param reads keys of rows that it may need
   */
  readonly submit: <A>(
    shard: Shard,
    call: Call,
    change: Change<A>,
    reads?: ReadonlyArray<string>
  ) => Effect.Effect<A, JobsError>
  /** A call on every shard with an incarnation; on all shards if its repeats must be recognized. */
  readonly onAll: <A>(
    name: string,
    definition: Definition,
    call: Call,
    change: Change<A>
  ) => Effect.Effect<ReadonlyArray<A>, JobsError>
  /** Drains all shards; returns how many items each has processed. */
  readonly drain: (
    request: WorkerPoolRequests["drain"],
    shards: ReadonlyArray<Shard>
  ) => Effect.Effect<ReadonlyArray<number>, JobsError>
}>()("@durable-effect/jobs/PoolShards") {
  static readonly layer = Layer.effect(
    PoolShards,
    Effect.gen(function*() {
      const instances = yield* Instances
      const store = yield* StepStore
      const dedupe = yield* DedupeKeys
      const sessions = yield* PoolSessions

      const submit = <A>(shard: Shard, call: Call, change: Change<A>, reads: ReadonlyArray<string> = []) =>
        Effect.andThen(
          instances.admit,
          sessions.submit(
            shard,
            (step, circumstances) => dedupe.once(step, call, keptWaiting(step, change(step, circumstances))),
            { reads: call.dedupeKey === undefined ? reads : [...reads, keyOfCall(call.action, call.dedupeKey)] }
          )
        )

      /** Whether it has neither an incarnation nor dead letters. */
      const isUnknown = Effect.fnUntraced(function*(instanceId: string) {
        if ((yield* store.read(instanceId)) !== undefined) return false
        return (yield* store.entry(instanceId, keys.deadCount)) === undefined
      })

      const askUnlessUnknown = Effect.fnUntraced(function*<A>(shard: Shard, call: Call, change: Change<A>) {
        if (call.dedupeKey === undefined && (yield* isUnknown(shardIdOf(shard.name, shard.index)))) return []
        return [yield* submit(shard, call, change)]
      })

      /**
       * A shard found without an incarnation may have asked the others before they were marked, and come into being
       * after it was checked: it is asked again, once the others are known to be marked.
       */
      const drainAll = Effect.fnUntraced(
        function*(request: WorkerPoolRequests["drain"], shards: ReadonlyArray<Shard>) {
          const { dedupeKey, ...again } = request
          const looked = new Set<Shard>()
          const vacant = new Set<Shard>()
          const allLooked = yield* Deferred.make<void>()
          const look = (shard: Shard) => {
            looked.add(shard)
            if (looked.size === shards.length) Deferred.doneUnsafe(allLooked, Exit.void)
          }
          const drain = (shard: Shard, call: Call) =>
            submit(shard, call, (step, { ended }) =>
              Effect.suspend(() => {
                look(shard)
                if (ended !== undefined) return Effect.succeed(ended.processed)
                if (step.record === undefined) {
                  vacant.add(shard)
                  return Effect.succeed(0)
                }
                alter(step, { draining: true })
                return Effect.fail(new AtEnd({ of: "drain" }))
              }))
          const first = Effect.forEach(shards, (shard) =>
            Effect.flatMap(
              dedupeKey === undefined ? isUnknown(shardIdOf(shard.name, shard.index)) : Effect.succeed(false),
              (isVacant) => {
                if (!isVacant) return drain(shard, request)
                vacant.add(shard)
                return Effect.succeed(0)
              }
            ).pipe(Effect.ensuring(Effect.sync(() => look(shard)))), { concurrency: "unbounded" })
          const second = Effect.andThen(
            Deferred.await(allLooked),
            Effect.suspend(() => {
              const left = vacant.size === shards.length ? [] : [...vacant]
              if (left.length === 0) return Effect.succeed([])
              // Whatever reaches a shard after its mark is answered after the mark's commit.
              const marked = Effect.forEach(shards, (shard) => sessions.submit(shard, () => Effect.void), {
                concurrency: "unbounded"
              })
              return Effect.andThen(
                marked,
                Effect.forEach(left, (shard) => drain(shard, again), { concurrency: "unbounded" })
              )
            })
          )
          return (yield* Effect.all([first, second], { concurrency: "unbounded" })).flat()
        }
      )

      return {
        submit,
        onAll: (name, definition, call, change) =>
          Effect.map(
            Effect.forEach(shardsOf(name, definition), (shard) => askUnlessUnknown(shard, call, change), {
              concurrency: "unbounded"
            }),
            (answers) => answers.flat()
          ),
        drain: (request, shards) =>
          shards.reduce(
            (answer, { index, name }) => instances.awaiting(shardIdOf(name, index), answer),
            drainAll(request, shards)
          )
      }
    })
  )
}
