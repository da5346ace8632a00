import { Effect } from "effect"
import type { JobsError } from "../errors.ts"
import type {
  DeadLetterPage,
  DecodedDeadLetter,
  NewItem,
  UndecodableDeadLetter,
  WorkerPoolAction,
  WorkerPoolAnswers,
  WorkerPoolRequest
} from "../requests/workerPool.ts"
import { describeIssue } from "../services/schemaIssue.ts"
import type { StorableSchema } from "../Storable.ts"
import type { WorkerPoolDefinition } from "../WorkerPool.ts"
import type { Repeatable } from "./callArguments.ts"
import { changing, fromInside } from "./fromInside.ts"

type OfItem = Repeatable & { readonly itemId: string }

type Answered<A extends WorkerPoolAction> = Effect.Effect<WorkerPoolAnswers[A], JobsError>

/** The calls on one pool, by a name known only to the registry at run time. */
export interface UntypedWorkerPoolClient {
  readonly enqueue: (args: Repeatable & NewItem) => Answered<"enqueue">
  /** Starts no further items until `resume`. Running items continue. */
  readonly pause: (args?: Repeatable) => Answered<"pause">
  readonly resume: (args?: Repeatable) => Answered<"resume">
  /**
   * Rejects new items from now on; returns when no item is queued or running any more, which for a paused pool is after
   * a resume. Ends the incarnation. Dead letters stay.
   */
  readonly drain: (args?: Repeatable) => Answered<"drain">
  /** Removes a queued item, or one waiting for a retry. */
  readonly cancel: (args: OfItem) => Answered<"cancel">
  /** Enqueues a dead letter again, with all of its attempts available. */
  readonly retryItem: (args: OfItem) => Answered<"retryItem">
  /** Deletes a dead letter. */
  readonly discardItem: (args: OfItem) => Answered<"discardItem">
  /** Interrupts running items and removes all items, including dead letters. */
  readonly terminate: (args?: Repeatable & { readonly reason?: string }) => Answered<"terminate">
  readonly status: () => Answered<"status">
  readonly deadLetters: (args?: DeadLetterPage) => Answered<"deadLetters">
}

/** The calls with a definition's types. */
export interface WorkerPoolClient<out S extends StorableSchema>
  extends Omit<UntypedWorkerPoolClient, "enqueue" | "deadLetters">
{
  /**
   * Adds an item, and starts the pool's incarnation with the first one. `itemId` is unique within its shard, which is
   * determined by `partitionKey` or otherwise the id: always give the same item the same key.
   */
  enqueue(args: Repeatable & NewItem & { readonly event: S["Encoded"] }): Answered<"enqueue">
  /**
   * Items out of attempts. If an item's schema no longer accepts its event, `undecodable` says so; others lack the
   * field.
   */
  readonly deadLetters: (args?: DeadLetterPage) => Effect.Effect<
    {
      readonly items: ReadonlyArray<DecodedDeadLetter<S["Type"]> | UndecodableDeadLetter>
      readonly cursor: string | null
    },
    JobsError
  >
}

export type WorkerPoolDispatch = <A extends WorkerPoolAction>(
  request: WorkerPoolRequest<A>
) => Effect.Effect<WorkerPoolAnswers[A], JobsError>

export const untypedWorkerPoolClient = (dispatch: WorkerPoolDispatch, name: string): UntypedWorkerPoolClient => {
  const target = { type: "workerPool", name } as const
  return {
    enqueue: (args) => changing((by) => dispatch({ ...target, action: "enqueue", ...args, ...by })),
    pause: (args) => changing((by) => dispatch({ ...target, action: "pause", ...args, ...by })),
    resume: (args) => changing((by) => dispatch({ ...target, action: "resume", ...args, ...by })),
    drain: (args) => changing((by) => dispatch({ ...target, action: "drain", ...args, ...by })),
    cancel: (args) => changing((by) => dispatch({ ...target, action: "cancel", ...args, ...by })),
    retryItem: (args) => changing((by) => dispatch({ ...target, action: "retryItem", ...args, ...by })),
    discardItem: (args) => changing((by) => dispatch({ ...target, action: "discardItem", ...args, ...by })),
    terminate: (args) => changing((by) => dispatch({ ...target, action: "terminate", ...args, ...by })),
    status: () => fromInside(dispatch({ ...target, action: "status" })),
    deadLetters: (args) => fromInside(dispatch({ ...target, action: "deadLetters", ...args }))
  }
}

export const workerPoolClient = (
  untyped: UntypedWorkerPoolClient,
  definition: WorkerPoolDefinition<StorableSchema, unknown> | undefined
): WorkerPoolClient<StorableSchema> => ({
  ...untyped,
  deadLetters: Effect.fnUntraced(function*(args) {
    const { cursor, items } = yield* untyped.deadLetters(args)
    if (definition === undefined) return { items, cursor }
    const decoded = yield* Effect.forEach(items, (item) =>
      definition.decode(item.event).pipe(
        Effect.map((event) => ({ ...item, event })),
        Effect.catch((error) => {
          const { field, problem } = describeIssue("event", error)
          return Effect.succeed({ ...item, undecodable: `${field}: ${problem}` })
        })
      ))
    return { items: decoded, cursor }
  })
})
