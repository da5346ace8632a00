import { Context, Effect, Layer, Schema } from "effect"
import type { JobStep } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { type ReadError, StateUndecodable } from "../../errors.ts"
import type { EntryRange } from "../../host/HostPort.ts"
import { JobsHost } from "../../host/JobsHost.ts"
import { describeIssue } from "../../services/schemaIssue.ts"
import { DeadTally, Item, keys, kinds, Place, StoredDeadLetter } from "./rows.ts"

export interface Keyed<A> {
  readonly key: string
  readonly value: A
}

/** Number of rows read at once if several reads may be necessary. */
const pageSize = 16

const reader = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  return (instanceId: string, key: string, text: string): Effect.Effect<S["Type"], StateUndecodable> =>
    Effect.mapError(decode(text), (error) => {
      const { field, problem } = describeIssue(key, error)
      return new StateUndecodable({ instanceId, problem: `${field}: ${problem}` })
    })
}
const readItem = reader(Item)
const readPlace = reader(Place)
const readDead = reader(StoredDeadLetter)
const readTally = reader(DeadTally)

/** The first key that the step writes and has not committed. */
const firstPending = (step: JobStep, prefix: string) => {
  let first: string | undefined
  for (const [key, change] of step.entries) {
    if (change !== null && key.startsWith(prefix) && (first === undefined || key < first)) first = key
  }
  return first
}

/** The typed rows of a shard. Methods that take a step also see its uncommitted changes. */
export class PoolRows extends Context.Service<PoolRows, {
  /** Reads ahead rows that the step is about to request one by one. */
  readonly readAhead: StepStore["Service"]["readAhead"]
  /** Committed items, in the order of their keys. */
  readonly items: (instanceId: string, range: EntryRange) => Effect.Effect<ReadonlyArray<Keyed<Item>>, ReadError>
  readonly item: (step: JobStep, key: string) => Effect.Effect<Item | undefined, ReadError>
  /** The first item whose key begins so. */
  readonly first: (step: JobStep, prefix: string) => Effect.Effect<Keyed<Item> | undefined, ReadError>
  readonly place: (step: JobStep, itemId: string) => Effect.Effect<Place | undefined, ReadError>
  /** Committed places, starting after the given key. */
  readonly places: (
    instanceId: string,
    after: string | undefined,
    limit: number
  ) => Effect.Effect<ReadonlyArray<Keyed<Place>>, ReadError>
  readonly hasHead: (step: JobStep, partitionKey: string) => Effect.Effect<boolean, ReadError>
  readonly deadLetter: (step: JobStep, itemId: string) => Effect.Effect<StoredDeadLetter | undefined, ReadError>
  /** Committed dead letters. */
  readonly deadLetters: (
    instanceId: string,
    after: string | undefined,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredDeadLetter>, ReadError>
  readonly countDead: (instanceId: string) => Effect.Effect<number, ReadError>
  /** The number of shards by which the committed dead letters were distributed; undefined if there are none. */
  readonly shardsOfDead: (instanceId: string) => Effect.Effect<number | undefined, ReadError>
  readonly addToDead: (step: JobStep, change: 1 | -1) => Effect.Effect<void, ReadError>
}>()("@durable-effect/jobs/PoolRows") {
  static readonly layer = Layer.effect(
    PoolRows,
    Effect.gen(function*() {
      const store = yield* StepStore
      const host = yield* JobsHost

      const one =
        <A>(read: (instanceId: string, key: string, text: string) => Effect.Effect<A, StateUndecodable>) =>
        (step: JobStep, key: string): Effect.Effect<A | undefined, ReadError> =>
          Effect.flatMap(
            store.entryIn(step, key),
            (text) => text === undefined ? Effect.undefined : read(step.instanceId, key, text)
          )
      const item = one(readItem)
      const place = one(readPlace)
      const deadLetter = one(readDead)
      const tally = one(readTally)
      const tallied = (instanceId: string) =>
        Effect.flatMap(
          store.entry(instanceId, keys.deadCount),
          (text) => text === undefined ? Effect.undefined : readTally(instanceId, keys.deadCount, text)
        )

      /** Of the committed rows that the step leaves as they are or changes, the first. */
      const firstCommitted = Effect.fnUntraced(function*(step: JobStep, prefix: string) {
        let after: string | undefined
        while (true) {
          const range = { prefix, limit: pageSize, ...(after === undefined ? {} : { after }) }
          const rows = yield* host.loadEntries(step.instanceId, range)
          const found = rows.find(({ key }) => step.entries.get(key) !== null)
          if (found !== undefined || rows.length < pageSize) return found?.key
          after = rows.at(-1)?.key
        }
      })

      return {
        readAhead: store.readAhead,
        items: (instanceId, range) =>
          Effect.flatMap(
            host.loadEntries(instanceId, range),
            (rows) =>
              Effect.forEach(rows, ({ key, value: text }) =>
                Effect.map(readItem(instanceId, key, text), (value) => ({ key, value })))
          ),
        item,
        first: Effect.fnUntraced(function*(step, prefix) {
          const committed = yield* firstCommitted(step, prefix)
          const pending = firstPending(step, prefix)
          const key = committed === undefined || (pending !== undefined && pending < committed) ? pending : committed
          if (key === undefined) return undefined
          const value = yield* item(step, key)
          return value === undefined ? undefined : { key, value }
        }),
        place: (step, itemId) => place(step, keys.item(itemId)),
        places: (instanceId, after, limit) =>
          Effect.flatMap(
            host.loadEntries(instanceId, { prefix: kinds.item, limit, ...(after === undefined ? {} : { after }) }),
            (rows) =>
              Effect.forEach(rows, ({ key, value: text }) =>
                Effect.map(readPlace(instanceId, key, text), (value) => ({ key, value })))
          ),
        hasHead: (step, partitionKey) =>
          Effect.map(store.entryIn(step, keys.head(partitionKey)), (text) => text !== undefined),
        deadLetter: (step, itemId) => deadLetter(step, keys.dead(itemId)),
        deadLetters: (instanceId, after, limit) =>
          Effect.flatMap(
            host.loadEntries(instanceId, {
              prefix: kinds.dead,
              limit,
              ...(after === undefined ? {} : { after: keys.dead(after) })
            }),
            (rows) => Effect.forEach(rows, ({ key, value }) => readDead(instanceId, key, value))
          ),
        countDead: (instanceId) => Effect.map(tallied(instanceId), (tally) => tally?.count ?? 0),
        shardsOfDead: (instanceId) => Effect.map(tallied(instanceId), (tally) => tally?.shards),
        addToDead: (step, change) =>
          Effect.map(tally(step, keys.deadCount), (before) => {
            const count = (before?.count ?? 0) + change
            const shards = step.record?.pool?.shards ?? before?.shards ?? 1
            const value = JSON.stringify({ count, shards })
            step.entries.set(keys.deadCount, count === 0 ? null : { value, expiresAt: null })
          })
      }
    })
  )
}
