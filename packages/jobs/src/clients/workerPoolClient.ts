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

/** The calls on one pool, by a name that only the registry at run time knows. */
export interface UntypedWorkerPoolClient {
  readonly enqueue: (args: Repeatable & NewItem) => Answered<"enqueue">
  /** No further item begins until `resume`. What runs goes on. */
  readonly pause: (args?: Repeatable) => Answered<"pause">
  readonly resume: (args?: Repeatable) => Answered<"resume">
  /**
   * From now on new items are refused; answers when nothing waits or runs any more, which for a paused pool is after a
   * resume. Ends the incarnation. Dead letters stay.
   */
  readonly drain: (args?: Repeatable) => Answered<"drain">
  /** Takes an item away that waits, also for a retry. */
  readonly cancel: (args: OfItem) => Answered<"cancel">
  /** Enqueues a dead letter again, with all of its attempts before it. */
  readonly retryItem: (args: OfItem) => Answered<"retryItem">
  /** Forgets a dead letter. */
  readonly discardItem: (args: OfItem) => Answered<"discardItem">
  /** Interrupts what runs and removes all items, dead letters too. */
  readonly terminate: (args?: Repeatable & { readonly reason?: string }) => Answered<"terminate">
  readonly status: () => Answered<"status">
  readonly deadLetters: (args?: DeadLetterPage) => Answered<"deadLetters">
}

/** The same with the types of a definition. */
export interface WorkerPoolClient<out S extends StorableSchema>
  extends Omit<UntypedWorkerPoolClient, "enqueue" | "deadLetters">
{
  /**
   * Adds an item, and the pool's incarnation with the first one. `itemId` is unique in its shard, which `partitionKey`, or
   * else the id, decides: give the same item the same key.
   */
  enqueue(args: Repeatable & NewItem & { readonly event: S["Encoded"] }): Answered<"enqueue">
  /** Items out of attempts. One whose event its schema accepts no more says so in `undecodable`, which others lack. */
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
