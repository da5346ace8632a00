import { Duration, Effect, Formatter, Option, Schema } from "effect"
import { storableJson, type Unstorable } from "./execution/storableJson.ts"
import { type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"

/** When a continuous job runs again. */
export interface Every {
  readonly _tag: "Every"
  readonly intervalMs: number
  readonly mode: "fixedRate" | "fixedDelay"
}

/** What a handler knows of its execution, as plain values. */
export interface ExecutionFacts {
  /** `continuous:{jobName}:{id}` */
  readonly instanceId: string
  readonly id: string
  readonly jobName: string
  readonly incarnationId: string
  /** The same for all attempts of one execution, also after a crash: a key to make outside effects idempotent by. */
  readonly executionId: string
  /** 1-based. */
  readonly attempt: number
  readonly isRetry: boolean
  /** Executions begun in this incarnation, this one included. */
  readonly runCount: number
}

/** What a handler can do to its execution. */
export interface ExecutionControls {
  /** Ends the handler here and the instance with it; what was set before is the final state. */
  readonly terminate: (options?: { readonly reason?: string }) => Effect.Effect<never>
  /** Tells how far this execution is, 0 … 1. Best effort. The first call makes the attempt durable as begun. */
  readonly progress: (fraction: number, message?: string) => Effect.Effect<void>
}

/** What a handler gets. Everything durable is an effect that reads the live value. */
export interface ContinuousContext<State> extends ExecutionFacts, ExecutionControls {
  readonly state: Effect.Effect<State>
  /** Is stored when the handler ends well; a failed attempt leaves the state as it was. */
  readonly setState: (state: State) => Effect.Effect<void>
  readonly updateState: (f: (state: State) => State) => Effect.Effect<void>
}

/** A schema whose values can be stored: it needs no service to encode or decode. */
export type StateSchema = Schema.ConstraintCodec<unknown, unknown>

export interface ContinuousOptions<S extends StateSchema, E, R> {
  /** The durable state. The `input` of `start`, in encoded form, is its first value. */
  readonly stateSchema: S
  readonly schedule: Every
  /** Run at once when started, else first after one interval. Default true. */
  readonly startImmediately?: boolean
  /** Without it a failed run waits for the next tick of the schedule. */
  readonly retry?: RetryOptions
  /**
   * What becomes of the instance when no attempt is left: `terminate` (default) purges it, `keep` leaves it as `failed`
   * for `retry` or `discard`.
   */
  readonly onExhausted?: "terminate" | "keep"
  readonly execute: (ctx: ContinuousContext<S["Type"]>) => Effect.Effect<unknown, E, R>
}

/** One attempt's own copy of the state, its type known only in here. */
export interface StateCell<out R> {
  /** Runs user code on it. */
  readonly run: (job: ExecutionFacts & ExecutionControls) => Effect.Effect<unknown, unknown, R>
  /** What user code left, as JSON. */
  readonly encoded: Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}

export interface ContinuousDefinition<out S extends StateSchema, out R> {
  readonly _tag: "Continuous"
  readonly stateSchema: S
  readonly schedule: Every
  readonly startImmediately: boolean
  readonly retry: RetryPolicy | undefined
  readonly onExhausted: "terminate" | "keep"
  /** Validates what `start` was given and answers it as it is stored. */
  readonly readInput: (input: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<S["Type"], Schema.SchemaError>
  readonly open: (stored: unknown) => Effect.Effect<StateCell<R>, Schema.SchemaError>
}

const make = <S extends StateSchema, E, R>(options: ContinuousOptions<S, E, R>): ContinuousDefinition<S, R> => {
  const stored = Schema.toCodecJson(options.stateSchema)
  const readInput = Schema.decodeUnknownEffect(options.stateSchema)
  const encodeStored = Schema.encodeEffect(stored)
  const encode = (state: S["Type"]) => Effect.flatMap(encodeStored(state), storableJson)
  const decode = Schema.decodeUnknownEffect(stored)
  return {
    _tag: "Continuous",
    stateSchema: options.stateSchema,
    schedule: options.schedule,
    startImmediately: options.startImmediately ?? true,
    retry: options.retry === undefined ? undefined : retryPolicy(options.retry),
    onExhausted: options.onExhausted ?? "terminate",
    readInput: (input) => Effect.flatMap(readInput(input), (state) => encode(state)),
    decode: (json) => decode(json),
    open: (json) =>
      Effect.map(decode(json), (initial) => {
        let state: S["Type"] = initial
        return {
          run: (job) =>
            options.execute({
              ...job,
              state: Effect.sync(() => state),
              setState: (next) =>
                Effect.sync(() => {
                  state = next
                }),
              updateState: (f) =>
                Effect.sync(() => {
                  state = f(state)
                })
            }),
          encoded: Effect.suspend(() => encode(state))
        }
      })
  }
}

/**
 * Every so often, counted from the start of the instance (`fixedRate`, the default) or from the end of each run
 * (`fixedDelay`). Ticks that pass during a run, or while no process is up, are made up for by one run.
 */
const every = (interval: Duration.Input, options?: { readonly mode?: Every["mode"] }): Every => {
  const intervalMs = Option.match(Duration.fromInput(interval), { onNone: () => Number.NaN, onSome: Duration.toMillis })
  if (!(intervalMs >= 1 && Number.isFinite(intervalMs))) {
    throw new RangeError(
      "Continuous.every takes a duration such as \"30 minutes\", finite and of at least 1 millisecond, " +
        `not ${Formatter.format(interval)}`
    )
  }
  return { _tag: "Every", intervalMs, mode: options?.mode ?? "fixedRate" }
}

/** A job that runs again and again on the state of one instance. */
export const Continuous = { make, every }
