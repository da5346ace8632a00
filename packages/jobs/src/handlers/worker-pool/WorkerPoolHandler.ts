import { EventIds } from "@durable-effect/core"
import { Clock, Context, Effect, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { newPool } from "../../engine/PoolRecord.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { Trace } from "../../engine/Trace.ts"
import { InvalidInput, type JobsError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { Mutation } from "../../requests/Target.ts"
import type {
  WorkerPoolAction,
  WorkerPoolAnswers,
  WorkerPoolRequest,
  WorkerPoolRequests
} from "../../requests/workerPool.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { readTarget } from "../common/readTarget.ts"
import { alter, poolOf } from "./changes.ts"
import { isTerminating, isThere, positionOf, shardOf, textProblem } from "./decide.ts"
import type { Definition } from "./itemRuns.ts"
import { AtEnd, type Circumstances } from "./mailbox.ts"
import { PoolDeadLetters } from "./PoolDeadLetters.ts"
import { PoolPlacement } from "./PoolPlacement.ts"
import { type NewPoolItem, PoolQueue } from "./PoolQueue.ts"
import { PoolReads } from "./PoolReads.ts"
import { PoolRows } from "./PoolRows.ts"
import { PoolSessions } from "./PoolSessions.ts"
import { PoolShards } from "./PoolShards.ts"
import { keys } from "./rows.ts"
import { type Shard, shardIdOf, shardsOf } from "./Shard.ts"

type Actions = {
  readonly [A in WorkerPoolAction]: (
    request: WorkerPoolRequests[A],
    definition: Definition
  ) => Effect.Effect<WorkerPoolAnswers[A], JobsError>
}

const checkText = (name: string, field: "itemId" | "partitionKey", text: unknown) => {
  const problem = textProblem(text)
  return problem === undefined
    ? Effect.void
    : Effect.fail(new InvalidInput({ target: `workerPool:${name}`, field, problem }))
}

const draining = (instanceId: string) =>
  new InvalidInput({
    target: instanceId,
    field: "name",
    problem: "the pool is being drained and takes no new items until that has ended"
  })

const setPaused = (paused: boolean) => (step: JobStep) =>
  Effect.sync(() => {
    const { record } = step
    if (record?.pool === undefined) return false
    if (record.quarantined && !paused) step.record = { ...record, quarantined: false }
    if (record.pool.paused === paused) return true
    alter(step, { paused })
    addJobEvent(step, paused ? { type: "pool.paused" } : { type: "pool.resumed" })
    return true
  })

/** What a termination would immediately remove must not be acknowledged: it waits until the termination is over. */
const unlessEnding = <A, E>(
  { isEnding }: Circumstances,
  change: Effect.Effect<A, E>
): Effect.Effect<A, E | AtEnd> =>
  Effect.suspend((): Effect.Effect<A, E | AtEnd> => isEnding() ? Effect.fail(new AtEnd({ of: "successor" })) : change)

const anyOf = (answers: ReadonlyArray<boolean>) => answers.includes(true)

/** Handles the requests to worker pools, and their alarms. */
export class WorkerPoolHandler extends Context.Service<WorkerPoolHandler, {
  readonly handle: <A extends WorkerPoolAction>(
    request: WorkerPoolRequest<A>
  ) => Effect.Effect<WorkerPoolAnswers[A], JobsError>
  /** Makes the shard continue its work. */
  readonly handleAlarm: (instanceId: string, jobName: string) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/WorkerPoolHandler") {
  static readonly layer = Layer.effect(
    WorkerPoolHandler,
    Effect.gen(function*() {
      const instances = yield* Instances
      const store = yield* StepStore
      const metadata = yield* MetadataService
      const placement = yield* PoolPlacement
      const shards = yield* PoolShards
      const sessions = yield* PoolSessions
      const queue = yield* PoolQueue
      const deadLetters = yield* PoolDeadLetters
      const rows = yield* PoolRows
      const reads = yield* PoolReads

      /** A new shard takes over whether the others are paused and draining. */
      const askSiblings = (shard: Shard) =>
        Effect.map(
          Effect.forEach(
            shardsOf(shard.name, shard.definition).filter(({ index }) => index !== shard.index),
            ({ index, name }) => store.read(shardIdOf(name, index))
          ),
          (siblings) => ({
            // Shards that a termination has yet to reach say nothing about the pool that follows it.
            paused: siblings.some((record) => record?.pool?.paused === true && !isTerminating(record)),
            draining: siblings.some((record) => record?.pool?.draining === true)
          })
        )

      /** Prepares the shard for another item: in its incarnation, or in a new one. */
      const open = Effect.fnUntraced(
        function*(step: JobStep, shard: Shard, trace: Trace | undefined, { parentIncarnationId }: Mutation) {
          if (step.record !== undefined) {
            if (poolOf(step.record).draining) return yield* draining(step.instanceId)
            return
          }
          const siblings = yield* askSiblings(shard)
          if (siblings.draining) return yield* draining(step.instanceId)
          yield* metadata.initialize(step, {
            jobType: "workerPool",
            jobName: shard.name,
            id: String(shard.index),
            state: null,
            trace,
            parentIncarnationId
          })
          step.record = {
            ...recordOf(step),
            pool: { ...newPool, shards: shard.definition.shards, paused: siblings.paused }
          }
          if (siblings.paused) addJobEvent(step, { type: "pool.paused" })
        }
      )

      const enqueue = Effect.fnUntraced(
        function*(step: JobStep, shard: Shard, item: NewPoolItem, trace: Trace | undefined, by: Mutation) {
          const { itemId } = item
          const place = yield* rows.place(step, itemId)
          if (isThere(place)) return { itemId, position: positionOf(place, step.record?.pool), created: false }
          yield* open(step, shard, trace, by)
          return { itemId, position: yield* queue.add(step, item), created: true }
        }
      )

      const actions: Actions = {
        enqueue: Effect.fnUntraced(function*(request, definition) {
          const { dedupeKey, name, partitionKey, priority = 0 } = request
          const now = yield* Clock.currentTimeMillis
          const itemId = request.itemId ?? (yield* EventIds).next(now)
          yield* checkText(name, "itemId", itemId)
          if (partitionKey !== undefined) yield* checkText(name, "partitionKey", partitionKey)
          // A repeat of a call without an id has to reach the same shard.
          const index = shardOf(partitionKey ?? request.itemId ?? dedupeKey ?? itemId, definition.shards)
          const instanceId = yield* readTarget({ type: "workerPool", name, id: String(index) })
          const event = yield* orInvalidInput(() => definition.readEvent(request.event), instanceId, "event")
          const trace = yield* callersTrace
          const shard = { name, definition, index }
          const item = { itemId, isOwnId: request.itemId === undefined, event, partitionKey, priority }
          return yield* shards.submit(
            shard,
            request,
            (step, circumstances) => unlessEnding(circumstances, enqueue(step, shard, item, trace, request)),
            partitionKey === undefined ? [keys.item(itemId)] : [keys.item(itemId), keys.head(partitionKey)]
          )
        }),

        pause: Effect.fnUntraced(function*(request, definition) {
          const pause = Effect.map(shards.onAll(request.name, definition, request, setPaused(true)), anyOf)
          const paused = yield* pause
          // A shard created meanwhile may have asked before the others were paused.
          if (paused && definition.shards > 1) yield* pause
          return { paused }
        }),

        resume: (request, definition) =>
          Effect.map(
            shards.onAll(request.name, definition, request, setPaused(false)),
            (answers) => ({ resumed: anyOf(answers) })
          ),

        drain: (request, definition) =>
          Effect.map(
            shards.drain(request, shardsOf(request.name, definition)),
            (processed) => ({ processed: processed.reduce((sum, each) => sum + each, 0) })
          ),

        cancel: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const { itemId } = request
          const answers = yield* shards.onAll(
            request.name,
            definition,
            request,
            (step, { isTaken }) =>
              step.record === undefined || isTaken(itemId) ? Effect.succeed(false) : queue.cancel(step, itemId)
          )
          return { cancelled: anyOf(answers) }
        }),

        retryItem: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const trace = yield* callersTrace
          const retryOn = Effect.fnUntraced(function*(step: JobStep, shard: Shard) {
            if ((yield* rows.deadLetter(step, request.itemId)) === undefined) return false
            yield* open(step, shard, trace, request)
            const letter = yield* deadLetters.take(step, request.itemId)
            if (letter === undefined) return false
            const { event, isOwnId, itemId, partitionKey, priority } = letter
            yield* queue.add(step, { event, isOwnId, itemId, partitionKey, priority })
            return true
          })
          const answers = yield* Effect.forEach(
            shardsOf(request.name, definition),
            (shard) =>
              shards.submit(shard, request, (step, circumstances) => unlessEnding(circumstances, retryOn(step, shard)))
          )
          return { retried: anyOf(answers) }
        }),

        discardItem: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const discard = (step: JobStep) =>
            Effect.map(deadLetters.take(step, request.itemId), (letter) => letter !== undefined)
          return { discarded: anyOf(yield* shards.onAll(request.name, definition, request, discard)) }
        }),

        terminate: Effect.fnUntraced(function*(request, definition) {
          const { reason } = request
          const told = reason === undefined ? {} : { reason }
          const wiped = yield* Effect.forEach(shardsOf(request.name, definition), ({ index, name }) => {
            const instanceId = shardIdOf(name, index)
            return Effect.as(store.read(instanceId), false).pipe(
              Effect.catchTag("StateUndecodable", () => store.setAside(instanceId, "remove"))
            )
          })
          const answers = yield* shards.onAll(request.name, definition, request, (step, { ended }) => {
            if (ended !== undefined) return Effect.succeed(true)
            return step.record === undefined
              ? Effect.succeed(false)
              : Effect.fail(new AtEnd({ of: "termination", ...told }))
          })
          return anyOf([...wiped, ...answers]) ? { terminated: true, ...told } : { terminated: false }
        }),

        status: (request, definition) => reads.status(request.name, definition),

        deadLetters: (request, definition) => reads.deadLetters(request, definition)
      }

      return {
        handle: <A extends WorkerPoolAction>(request: WorkerPoolRequest<A>) =>
          Effect.flatMap(
            placement.definitionOf(request.name),
            (definition) => actions[request.action](request, definition)
          ),
        handleAlarm: Effect.fnUntraced(function*(instanceId, jobName) {
          const definition = yield* placement.definitionOf(jobName)
          const index = Number(instanceId.slice(instanceId.lastIndexOf(":") + 1))
          yield* instances.admit
          // Any step will do: the session then continues with its work.
          yield* sessions.submit({ name: jobName, definition, index }, () => Effect.void)
        })
      }
    })
  )
}
