import { EventIds } from "@durable-effect/core"
import { Clock, Context, Effect, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { InvalidInput, type JobsError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type {
  WorkerPoolAction,
  WorkerPoolAnswers,
  WorkerPoolRequest,
  WorkerPoolRequests
} from "../../requests/workerPool.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { readTarget } from "../common/readTarget.ts"
import { alter } from "./changes.ts"
import { isThere, positionOf, shardOf, textProblem } from "./decide.ts"
import type { Definition } from "./itemRuns.ts"
import { AtEnd, type Circumstances } from "./mailbox.ts"
import { PoolDeadLetters } from "./PoolDeadLetters.ts"
import { PoolIncarnations, type PoolOpening } from "./PoolIncarnations.ts"
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
      const placement = yield* PoolPlacement
      const shards = yield* PoolShards
      const incarnations = yield* PoolIncarnations
      const sessions = yield* PoolSessions
      const queue = yield* PoolQueue
      const deadLetters = yield* PoolDeadLetters
      const rows = yield* PoolRows
      const reads = yield* PoolReads

      const enqueue = Effect.fnUntraced(
        function*(step: JobStep, item: NewPoolItem, opening: PoolOpening) {
          const { itemId } = item
          const place = yield* rows.place(step, itemId)
          if (isThere(place)) return { itemId, position: positionOf(place, step.record?.pool), created: false }
          yield* incarnations.open(step, opening)
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
          const opening = { shard: { name, definition, index }, trace, by: request }
          const item = { itemId, isOwnId: request.itemId === undefined, event, partitionKey, priority }
          return yield* shards.submit(
            opening.shard,
            request,
            (step, circumstances) => unlessEnding(circumstances, enqueue(step, item, opening)),
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
            yield* incarnations.open(step, { shard, trace, by: request })
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
