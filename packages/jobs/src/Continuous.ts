import { Effect, type Schema } from "effect"
import type { DurableState, ExecutionControls, ExecutionFacts, StateCell } from "./Execution.ts"
import { stateCell } from "./execution/stateCell.ts"
import type { Unstorable } from "./execution/storableJson.ts"
import { type OnExhausted, type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"
import { type CatchUp, catchUpOption, type ContinuousSchedule, cron, every } from "./Schedule.ts"
import { storable, type StorableSchema } from "./Storable.ts"

/** The context passed to a handler. Everything durable is an effect that reads the live value. */
export interface ContinuousContext<State> extends ExecutionFacts, ExecutionControls, DurableState<State> {}

export interface ContinuousOptions<S extends StorableSchema, E, R> {
  /** Schema of the durable state. Its first value is the `input` of `start`, in encoded form. */
  readonly stateSchema: S
  /** `Continuous.every` or `Continuous.cron`. */
  readonly schedule: ContinuousSchedule
  /** Whether to run immediately when started, rather than at the schedule's first tick. Default true. */
  readonly startImmediately?: boolean
  /** What happens to ticks missed while no process is up or during a run. Default `latest`: one run for all of them. */
  readonly catchUp?: CatchUp
  /** Without it, a failed run waits for the schedule's next tick. */
  readonly retry?: RetryOptions
  /** What happens to the instance when no attempts are left. Default `terminate`. */
  readonly onExhausted?: OnExhausted
  readonly execute: (ctx: ContinuousContext<S["Type"]>) => Effect.Effect<unknown, E, R>
}

export interface ContinuousDefinition<out S extends StorableSchema, out R> {
  readonly _tag: "Continuous"
  readonly stateSchema: S
  readonly schedule: ContinuousSchedule
  readonly startImmediately: boolean
  readonly catchUp: CatchUp
  readonly retry: RetryPolicy | undefined
  readonly onExhausted: OnExhausted
  /** Validates the input of `start` and returns it as stored. */
  readonly readInput: (input: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<S["Type"], Schema.SchemaError>
  readonly open: (stored: unknown) => Effect.Effect<StateCell<R>, Schema.SchemaError>
}

const make = <S extends StorableSchema, E, R>(options: ContinuousOptions<S, E, R>): ContinuousDefinition<S, R> => {
  const { decode, encode, readToStore } = storable(options.stateSchema, {
    definition: "Continuous.make",
    option: "stateSchema"
  })
  return {
    _tag: "Continuous",
    stateSchema: options.stateSchema,
    schedule: options.schedule,
    startImmediately: options.startImmediately ?? true,
    catchUp: catchUpOption(options.catchUp),
    retry: options.retry === undefined ? undefined : retryPolicy(options.retry),
    onExhausted: options.onExhausted ?? "terminate",
    readInput: readToStore,
    decode,
    open: (json) =>
      Effect.mapEager(decode(json), (initial) => {
        const cell = stateCell(initial)
        return {
          run: (job) => options.execute({ ...job, ...cell.durable }),
          encode: () => encode(cell.current())
        }
      })
  }
}

/** A job that runs repeatedly on the state of one instance. */
export const Continuous = { make, every, cron }
