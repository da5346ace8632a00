import { Effect, type Schema } from "effect"
import type { ExecutionControls, ExecutionFacts } from "./Execution.ts"
import { jsonCopy, type Unstorable } from "./execution/storableJson.ts"
import { type TaskAttempt, taskAttempt, type TaskAttemptOptions, type TaskFacts } from "./execution/taskAttempt.ts"
import { type TaskControls, taskDraft } from "./execution/taskDraft.ts"
import type { NeedsIfGiven } from "./NeedsIfGiven.ts"
import { type OnExhausted, type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"
import { storable, type StorableSchema } from "./Storable.ts"

/** The context passed to a handler. Everything durable is an effect that reads the live value. */
export interface TaskContext<State> extends ExecutionFacts, ExecutionControls, TaskFacts, TaskControls<State> {}

export interface TaskOptions<S extends StorableSchema, Ev extends StorableSchema, REvent, RExecute, RIdle, RError> {
  /** Schema of the durable state. There is none before the first `setState`. */
  readonly stateSchema: S
  /** Schema of events; `send` accepts its encoded form. */
  readonly eventSchema: Ev
  /** Handles a sent event. */
  readonly onEvent: (event: Ev["Type"], ctx: TaskContext<S["Type"]>) => Effect.Effect<unknown, unknown, REvent>
  /** Runs when the time set by `ctx.schedule` is due, and on `trigger`. */
  readonly execute: (ctx: TaskContext<S["Type"]>) => Effect.Effect<unknown, unknown, RExecute>
  /** Runs after a handler that left nothing scheduled, as part of the same attempt: its failure is the attempt's. */
  readonly onIdle?: (ctx: TaskContext<S["Type"]>) => Effect.Effect<unknown, unknown, RIdle>
  /**
   * Handles a failure once no attempts are left, or if there is no `retry`: the typed failure, the thrown value, or
   * `AttemptTimedOut`. The state is as before the attempt. If it succeeds, the attempt has succeeded, with what it has
   * set; if it fails, the attempt has failed with the handler's error. Not called if `retry.maxDuration` passed before
   * the next attempt could begin.
   */
  readonly onError?: (error: unknown, ctx: TaskContext<S["Type"]>) => Effect.Effect<unknown, unknown, RError>
  /** Without it, a failed handler leaves state and schedule unchanged and the instance alive. */
  readonly retry?: RetryOptions
  /** What happens to the instance when no attempts are left. Default `terminate`. */
  readonly onExhausted?: OnExhausted
}

/** The stored data that an attempt runs on. */
export interface StoredTask {
  readonly instanceId: string
  readonly handler: "execute" | "onEvent"
  /** Undefined before the first `setState`. */
  readonly state: { readonly json: Schema.Json } | undefined
  readonly event: Schema.Json | undefined
  /** Epoch milliseconds. */
  readonly scheduledAt: number | null
}

/** Which part of the stored data does not match the definition. */
export interface Unreadable {
  readonly part: "state" | "event"
  readonly issue: Schema.SchemaError
}

export interface TaskDefinition<out S extends StorableSchema, out Ev extends StorableSchema, out R> {
  readonly _tag: "Task"
  readonly stateSchema: S
  readonly eventSchema: Ev
  readonly retry: RetryPolicy | undefined
  readonly onExhausted: OnExhausted
  /** Validates the event given to `send` and returns it as stored. */
  readonly readEvent: (event: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<S["Type"], Schema.SchemaError>
  readonly decodeEvent: (stored: unknown) => Effect.Effect<Ev["Type"], Schema.SchemaError>
  readonly open: (stored: StoredTask, options: TaskAttemptOptions) => Effect.Effect<TaskAttempt<R>, Unreadable>
}

// Only the signature knows the requirements of the individual handlers.
function make<
  S extends StorableSchema,
  Ev extends StorableSchema,
  REvent = never,
  RExecute = never,
  RIdle = never,
  RError = never
>(
  options: TaskOptions<S, Ev, REvent, RExecute, RIdle, RError>
): TaskDefinition<S, Ev, REvent | RExecute | NeedsIfGiven<RIdle> | NeedsIfGiven<RError>>
function make<S extends StorableSchema, Ev extends StorableSchema, R>(
  options: TaskOptions<S, Ev, R, R, R, R>
): TaskDefinition<S, Ev, R> {
  const state = storable(options.stateSchema, { definition: "Task.make", option: "stateSchema" })
  const event = storable(options.eventSchema, { definition: "Task.make", option: "eventSchema" })
  const { execute, onError, onEvent, onIdle } = options

  const handlerFor = (stored: StoredTask) =>
    stored.handler === "execute"
      ? Effect.succeed(execute)
      : event.decode(stored.event === undefined ? undefined : jsonCopy(stored.event)).pipe(
        Effect.map((decoded) => (ctx: TaskContext<S["Type"]>) => onEvent(decoded, ctx)),
        Effect.mapError((issue): Unreadable => ({ part: "event", issue }))
      )

  return {
    _tag: "Task",
    stateSchema: options.stateSchema,
    eventSchema: options.eventSchema,
    retry: options.retry === undefined ? undefined : retryPolicy(options.retry),
    onExhausted: options.onExhausted ?? "terminate",
    // Decoded again immediately, so that no event is accepted that cannot be.
    readEvent: (given) => Effect.tap(event.readToStore(given), event.decode),
    decode: state.decode,
    decodeEvent: event.decode,
    open: Effect.fnUntraced(function*(stored, attempt) {
      const handler = yield* handlerFor(stored)
      const scheduled = { at: stored.scheduledAt }
      const { state: there } = stored
      const before = there === undefined
        ? Effect.succeedNone
        // A copy each time, since a handler may mutate what it is given, and fail.
        : Effect.suspend(() => Effect.asSome(state.decode(jsonCopy(there.json))))
      const draft = Effect.map(
        before,
        (before) => taskDraft(stored.instanceId, { state: before, scheduled }, state.encode)
      )
      return yield* Effect.mapError(
        taskAttempt<S["Type"], R>({ handler, onIdle, onError }, draft, attempt),
        (issue): Unreadable => ({ part: "state", issue })
      )
    })
  }
}

/** A job that handles events and runs when its handlers have scheduled it. */
export const Task = { make }
