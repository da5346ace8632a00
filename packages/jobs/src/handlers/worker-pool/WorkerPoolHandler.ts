import { EventIds } from "@durable-effect/core"
import { Clock, Context, Deferred, Effect, Exit, Layer } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { notePending } from "../../engine/PendingCall.ts"
import { newPool } from "../../engine/PoolRecord.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { Trace } from "../../engine/Trace.ts"
import { InvalidInput, type JobsError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { Registry } from "../../JobRegistry.ts"
import type { Mutation } from "../../requests/Target.ts"
import type {
  WorkerPoolAction,
  WorkerPoolAnswers,
  WorkerPoolRequest,
  WorkerPoolRequests
} from "../../requests/workerPool.ts"
import { type Call, DedupeKeys } from "../../services/DedupeKeys.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { readTarget } from "../common/readTarget.ts"
import { alter, poolOf } from "./changes.ts"
import { isTerminating, isThere, positionOf, shardOf, textProblem } from "./decide.ts"
import type { Definition } from "./itemRuns.ts"
import { AtEnd, type Change, type Circumstances } from "./mailbox.ts"
import { type NewPoolItem, PoolItems } from "./PoolItems.ts"
import { PoolReads } from "./PoolReads.ts"
import { PoolRows } from "./PoolRows.ts"
import { PoolSessions } from "./PoolSessions.ts"
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

/** A call that waits for the end of the incarnation is known to its repeats from now on. */
const keptWaiting = <A>(step: JobStep, change: Effect.Effect<A, JobsError | AtEnd>) =>
  Effect.tapError(change, (error) =>
    Effect.sync(() => {
      if (error._tag !== "AtEnd" || error.of === "successor") return
      const calls = notePending(step, poolOf(recordOf(step)).calls)
      if (calls !== undefined) alter(step, { calls })
    }))

/** What would be removed at once must not be acknowledged: it waits until the termination is over. */
const unlessEnding = <A, E>(
  { isEnding }: Circumstances,
  change: Effect.Effect<A, E>
): Effect.Effect<A, E | AtEnd> =>
  Effect.suspend((): Effect.Effect<A, E | AtEnd> => isEnding() ? Effect.fail(new AtEnd({ of: "successor" })) : change)

const anyOf = (answers: ReadonlyArray<boolean>) => answers.includes(true)

/** What worker pools are asked, and what their alarms bring. */
export class WorkerPoolHandler extends Context.Service<WorkerPoolHandler, {
  readonly handle: <A extends WorkerPoolAction>(
    request: WorkerPoolRequest<A>
  ) => Effect.Effect<WorkerPoolAnswers[A], JobsError>
  /** Has the shard go on with what it has to do. */
  readonly handleAlarm: (instanceId: string, jobName: string) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/WorkerPoolHandler") {
  static readonly layer = Layer.effect(
    WorkerPoolHandler,
    Effect.gen(function*() {
      const registry = yield* Registry
      const instances = yield* Instances
      const store = yield* StepStore
      const metadata = yield* MetadataService
      const dedupe = yield* DedupeKeys
      const sessions = yield* PoolSessions
      const items = yield* PoolItems
      const rows = yield* PoolRows
      const reads = yield* PoolReads

      const submit = <A>(shard: Shard, call: Call, change: Change<A>) =>
        Effect.andThen(
          instances.admit,
          sessions.submit(
            shard,
            (step, circumstances) => dedupe.once(step, call, keptWaiting(step, change(step, circumstances)))
          )
        )

      /** The call on every shard that has an incarnation; on all, when its repeats have to be known. */
      const onShards = <A>(
        { name }: { readonly name: string },
        definition: Definition,
        call: Call,
        change: Change<A>
      ): Effect.Effect<ReadonlyArray<A>, JobsError> =>
        Effect.map(
          Effect.forEach(shardsOf(name, definition), (shard) =>
            Effect.gen(function*() {
              const instanceId = shardIdOf(name, shard.index)
              if (call.dedupeKey === undefined && (yield* isUnknown(instanceId))) return []
              return [yield* submit(shard, call, change)]
            }), { concurrency: "unbounded" }),
          (answers) => answers.flat()
        )

      /** Neither an incarnation nor dead letters. */
      const isUnknown = Effect.fnUntraced(function*(instanceId: string) {
        if ((yield* store.read(instanceId)) !== undefined) return false
        return (yield* store.entry(instanceId, keys.deadCount)) === undefined
      })

      /** A new shard is paused and draining as the others are. */
      const askSiblings = (shard: Shard) =>
        Effect.map(
          Effect.forEach(
            shardsOf(shard.name, shard.definition).filter(({ index }) => index !== shard.index),
            ({ index, name }) => store.read(shardIdOf(name, index))
          ),
          (siblings) => ({
            // What a termination has yet to reach says nothing of the pool that comes after it.
            paused: siblings.some((record) => record?.pool?.paused === true && !isTerminating(record)),
            draining: siblings.some((record) => record?.pool?.draining === true)
          })
        )

      /** Gets the shard ready for a further item: in its incarnation, or in a new one. */
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
          return { itemId, position: yield* items.add(step, item), created: true }
        }
      )

      /**
       * Has all shards end. One that was found without an incarnation may have asked the others before they were marked and
       * come into being after it was looked at: it is asked again, once the others are known to be marked.
       */
      const drainShards = Effect.fnUntraced(
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
              // What comes to a shard after its mark is answered after the mark's commit.
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

      /** Decided once: which shard is whose must not change while anybody asks. */
      const placed = new Map<string, Definition>()

      /** By how many shards something in this one was placed; undefined when there is nothing, or nothing that can be read. */
      const placedBy = Effect.fnUntraced(function*(instanceId: string) {
        const record = yield* store.read(instanceId)
        return record?.pool?.shards ?? (yield* rows.shardsOfDead(instanceId))
      }, Effect.catchTag("StateUndecodable", () => Effect.undefined))

      /** The definition with as many shards as the pool had when what is in it was placed, be it more or fewer. */
      const asPlaced = (name: string) => {
        const known = placed.get(name)
        return known === undefined ? lookUp(name) : Effect.succeed(known)
      }

      const lookUp = Effect.fnUntraced(function*(name: string) {
        const definition = yield* registry.workerPool(name)
        const counts = yield* Effect.forEach(
          shardsOf(name, definition),
          ({ index }) => placedBy(shardIdOf(name, index))
        )
        const shards = counts.find((count) => count !== undefined) ?? definition.shards
        // Somebody may have been faster, and opened shards since.
        const decided = placed.get(name) ?? { ...definition, shards }
        placed.set(name, decided)
        if (shards !== definition.shards) {
          yield* Effect.logWarning(
            `The pool goes on with ${shards} shards instead of ${definition.shards} until it is started with nothing in it`
          ).pipe(Effect.annotateLogs({ jobType: "workerPool", jobName: name }))
        }
        return decided
      })

      const actions: Actions = {
        enqueue: Effect.fnUntraced(function*(request, definition) {
          const { dedupeKey, name, partitionKey, priority = 0 } = request
          const now = yield* Clock.currentTimeMillis
          const itemId = request.itemId ?? (yield* EventIds).next(now)
          yield* checkText(name, "itemId", itemId)
          if (partitionKey !== undefined) yield* checkText(name, "partitionKey", partitionKey)
          // A repeat of a call without an id has to come to the same shard.
          const index = shardOf(partitionKey ?? request.itemId ?? dedupeKey ?? itemId, definition.shards)
          const instanceId = yield* readTarget({ type: "workerPool", name, id: String(index) })
          const event = yield* orInvalidInput(definition.readEvent(request.event), instanceId, "event")
          const trace = yield* callersTrace
          const shard = { name, definition, index }
          const item = { itemId, isOwnId: request.itemId === undefined, event, partitionKey, priority }
          return yield* submit(
            shard,
            request,
            (step, circumstances) => unlessEnding(circumstances, enqueue(step, shard, item, trace, request))
          )
        }),

        pause: Effect.fnUntraced(function*(request, definition) {
          const pause = Effect.map(onShards(request, definition, request, setPaused(true)), anyOf)
          const paused = yield* pause
          // A shard that came into being meanwhile may have asked before the others were paused.
          if (paused && definition.shards > 1) yield* pause
          return { paused }
        }),

        resume: (request, definition) =>
          Effect.map(
            onShards(request, definition, request, setPaused(false)),
            (answers) => ({ resumed: anyOf(answers) })
          ),

        drain: (request, definition) =>
          Effect.map(
            shardsOf(request.name, definition).reduce(
              (answer, { index, name }) => instances.awaiting(shardIdOf(name, index), answer),
              drainShards(request, shardsOf(request.name, definition))
            ),
            (processed) => ({ processed: processed.reduce((sum, each) => sum + each, 0) })
          ),

        cancel: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const { itemId } = request
          const answers = yield* onShards(
            request,
            definition,
            request,
            (step, { isTaken }) =>
              step.record === undefined || isTaken(itemId) ? Effect.succeed(false) : items.cancel(step, itemId)
          )
          return { cancelled: anyOf(answers) }
        }),

        retryItem: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const trace = yield* callersTrace
          const retryOn = Effect.fnUntraced(function*(step: JobStep, shard: Shard) {
            if ((yield* rows.deadLetter(step, request.itemId)) === undefined) return false
            yield* open(step, shard, trace, request)
            const letter = yield* items.forgetDeadLetter(step, request.itemId)
            if (letter === undefined) return false
            const { event, isOwnId, itemId, partitionKey, priority } = letter
            yield* items.add(step, { event, isOwnId, itemId, partitionKey, priority })
            return true
          })
          const answers = yield* Effect.forEach(
            shardsOf(request.name, definition),
            (shard) =>
              submit(shard, request, (step, circumstances) => unlessEnding(circumstances, retryOn(step, shard)))
          )
          return { retried: anyOf(answers) }
        }),

        discardItem: Effect.fnUntraced(function*(request, definition) {
          yield* checkText(request.name, "itemId", request.itemId)
          const discard = (step: JobStep) =>
            Effect.map(items.forgetDeadLetter(step, request.itemId), (letter) => letter !== undefined)
          return { discarded: anyOf(yield* onShards(request, definition, request, discard)) }
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
          const answers = yield* onShards(request, definition, request, (step, { ended }) => {
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
            asPlaced(request.name),
            (definition) => actions[request.action](request, definition)
          ),
        handleAlarm: Effect.fnUntraced(function*(instanceId, jobName) {
          const definition = yield* asPlaced(jobName)
          const index = Number(instanceId.slice(instanceId.lastIndexOf(":") + 1))
          yield* instances.admit
          // Any step does: the session goes on with what there is to do after it.
          yield* sessions.submit({ name: jobName, definition, index }, () => Effect.void)
        })
      }
    })
  )
}
