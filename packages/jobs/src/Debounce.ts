import { type Duration, Effect, type Schema } from "effect"
import { durationOption } from "./durationOption.ts"
import type { FlushReason } from "./engine/DebounceBuffer.ts"
import type { DurableState, ExecutionControls, ExecutionFacts, StateCell } from "./Execution.ts"
import { InvalidState } from "./execution/attemptError.ts"
import { withinTimeout } from "./execution/attemptLimits.ts"
import { stateCell } from "./execution/stateCell.ts"
import { jsonCopy, type Unstorable } from "./execution/storableJson.ts"
import { type OnExhausted, type RetryOptions, type RetryPolicy, retryPolicy } from "./RetryPolicy.ts"
import { describeIssue } from "./services/schemaIssue.ts"
import { storable, type StorableSchema } from "./Storable.ts"

/** What a flush knows about its buffer. */
export interface FlushFacts {
  /** Events in the buffer. Those added while the flush runs are not included: they begin the next buffer. */
  readonly eventCount: number
  /** When the first of them arrived, epoch milliseconds. */
  readonly debounceStartedAt: number
  readonly flushReason: FlushReason
}

/** The context passed to a flush. Everything durable is an effect that reads the live value. */
export interface DebounceContext<State> extends ExecutionFacts, ExecutionControls, DurableState<State>, FlushFacts {}

/** The argument of `onEvent`. */
export interface DebounceEvent<Event, State> {
  readonly event: Event
  /** Null before the first event. */
  readonly state: State | null
  /** Events in the buffer, this one included: 1 for the first. */
  readonly eventCount: number
}

interface TimingOptions {
  /** How long after the first event (`window`) or the last one (`trailing`) the buffer is flushed. At least 1 ms. */
  readonly flushAfter: Duration.Input
  /** When the buffer reaches this many events, it is flushed immediately, within the `add` call. Default: no limit. */
  readonly maxEvents?: number
  /** Whether each event restarts `flushAfter` (`trailing`) or not (`window`, the default). */
  readonly mode?: "window" | "trailing"
  /** With `trailing`: maximum time from the first event to the flush. Default: 10 times `flushAfter`. */
  readonly maxWait?: Duration.Input
}

interface CommonOptions<Ev extends StorableSchema, State, E, R> extends TimingOptions {
  /** Schema of events; `add` accepts its encoded form. */
  readonly eventSchema: Ev
  /** Without it, a failed flush is its instance's last. Its `timeout` also applies to `onEvent`. */
  readonly retry?: RetryOptions
  /** What happens to the instance when its flush has failed permanently. Default `terminate`. */
  readonly onExhausted?: OnExhausted
  /** Runs once for all events in the buffer. */
  readonly execute: (ctx: DebounceContext<State>) => Effect.Effect<unknown, E, R>
}

/** Without `onEvent`: the state is the latest event. */
export interface DebounceOfLatest<Ev extends StorableSchema, E, R> extends CommonOptions<Ev, Ev["Type"], E, R> {
  readonly stateSchema?: undefined
  readonly onEvent?: undefined
}

/** Without `stateSchema`: the state has the shape of an event. */
export interface DebounceOfEvents<Ev extends StorableSchema, E, R, E2, R2> extends CommonOptions<Ev, Ev["Type"], E, R> {
  readonly stateSchema?: undefined
  /** Makes the state of the one before and an event. Cannot call its own instance. When it fails, so does `add`. */
  readonly onEvent: (added: DebounceEvent<Ev["Type"], Ev["Type"]>) => Effect.Effect<Ev["Type"], E2, R2>
}

/** With `stateSchema`: `onEvent` reduces events into the state. */
export interface DebounceOfState<Ev extends StorableSchema, S extends StorableSchema, E, R, E2, R2>
  extends CommonOptions<Ev, S["Type"], E, R>
{
  /** Schema of the durable state. */
  readonly stateSchema: S
  /** Makes the state of the one before and an event. Cannot call its own instance. When it fails, so does `add`. */
  readonly onEvent: (added: DebounceEvent<Ev["Type"], S["Type"]>) => Effect.Effect<S["Type"], E2, R2>
}

/** A valid event, whose type is known only here. */
export interface AddedEvent<out R> {
  /** The event as stored. */
  readonly stored: Schema.Json
  /**
   * Reduces the event into the previously stored state, `undefined` if there is none: decodes that state, then runs
   * user code. Without it, the event is the state.
   */
  readonly reduce?: (
    before: Schema.Json | undefined,
    eventCount: number
  ) => Effect.Effect<Effect.Effect<Schema.Json, unknown, R>, Schema.SchemaError>
}

export interface DebounceDefinition<out Ev extends StorableSchema, out S extends StorableSchema, out R> {
  readonly _tag: "Debounce"
  readonly eventSchema: Ev
  readonly stateSchema: S
  readonly flushAfterMs: number
  readonly maxEvents: number | undefined
  readonly mode: "window" | "trailing"
  readonly maxWaitMs: number
  readonly retry: RetryPolicy | undefined
  readonly onExhausted: OnExhausted
  /** Validates the event given to `add`. */
  readonly readEvent: (input: unknown) => Effect.Effect<AddedEvent<R>, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<S["Type"], Schema.SchemaError>
  readonly open: (stored: unknown, facts: FlushFacts) => Effect.Effect<StateCell<R>, Schema.SchemaError>
}

const timing = (options: TimingOptions) => {
  const { maxEvents, mode = "window" } = options
  const flushAfterMs = durationOption("flushAfter", options.flushAfter, 1)
  const maxWaitMs = options.maxWait === undefined ? 10 * flushAfterMs : durationOption("maxWait", options.maxWait)
  if (maxWaitMs < flushAfterMs) {
    throw new RangeError(`maxWait must not be less than flushAfter, ${flushAfterMs} ms, but is ${maxWaitMs} ms`)
  }
  if (maxEvents !== undefined && !(Number.isSafeInteger(maxEvents) && maxEvents >= 1)) {
    throw new RangeError(`maxEvents must be a whole number from 1 on, not ${maxEvents}`)
  }
  if (mode !== "window" && mode !== "trailing") {
    throw new RangeError(`mode must be "window" or "trailing", not ${JSON.stringify(mode)}`)
  }
  return { flushAfterMs, maxEvents, mode, maxWaitMs }
}

const define = <Ev extends StorableSchema, S extends StorableSchema, E, R, E2, R2>(
  options: CommonOptions<Ev, S["Type"], E, R>,
  stateSchema: S,
  onEvent: ((added: DebounceEvent<Ev["Type"], S["Type"]>) => Effect.Effect<S["Type"], E2, R2>) | undefined
): DebounceDefinition<Ev, S, R | R2> => {
  const events = storable(options.eventSchema, { definition: "Debounce.make", option: "eventSchema" })
  const { decode, encode } = storable(stateSchema, { definition: "Debounce.make", option: "stateSchema" })
  const encodeNew = (state: S["Type"]) =>
    Effect.mapError(encode(state), (error) => {
      const { field, problem } = describeIssue("state", error)
      return new InvalidState({ problem: `${field}: ${problem}` })
    })
  const retry = options.retry === undefined ? undefined : retryPolicy(options.retry)
  return {
    _tag: "Debounce",
    eventSchema: options.eventSchema,
    stateSchema,
    ...timing(options),
    retry,
    onExhausted: options.onExhausted ?? "terminate",
    readEvent: Effect.fnUntraced(function*(input) {
      const stored = yield* events.readToStore(input)
      if (onEvent === undefined) return { stored }
      return {
        stored,
        // Copies each time, since user code may mutate what it is given, and fail.
        reduce: (before, eventCount) =>
          Effect.map(
            before === undefined ? Effect.succeed(null) : Effect.suspend(() => decode(jsonCopy(before))),
            (state) =>
              Effect.suspend(() => events.decode(jsonCopy(stored))).pipe(
                Effect.flatMap((event) => withinTimeout(onEvent({ event, state, eventCount }), retry?.timeoutMs)),
                Effect.flatMap(encodeNew)
              )
          )
      }
    }),
    decode,
    open: (json, facts) =>
      Effect.mapEager(decode(json), (initial) => {
        const cell = stateCell(initial)
        return {
          run: (job) => options.execute({ ...job, ...facts, ...cell.durable }),
          encode: () => encode(cell.current())
        }
      })
  }
}

// Only the signatures know which variant it is, and its types.
function make<Ev extends StorableSchema, E, R>(options: DebounceOfLatest<Ev, E, R>): DebounceDefinition<Ev, Ev, R>
function make<Ev extends StorableSchema, E, R, E2, R2>(
  options: DebounceOfEvents<Ev, E, R, E2, R2>
): DebounceDefinition<Ev, Ev, R | R2>
function make<Ev extends StorableSchema, S extends StorableSchema, E, R, E2, R2>(
  options: DebounceOfState<Ev, S, E, R, E2, R2>
): DebounceDefinition<Ev, S, R | R2>
function make(
  options:
    | DebounceOfLatest<StorableSchema, unknown, unknown>
    | DebounceOfEvents<StorableSchema, unknown, unknown, unknown, unknown>
    | DebounceOfState<StorableSchema, StorableSchema, unknown, unknown, unknown, unknown>
): DebounceDefinition<StorableSchema, StorableSchema, unknown> {
  return define(options, options.stateSchema ?? options.eventSchema, options.onEvent)
}

/**
 * A job that collects events and runs once for many of them. Throws a RangeError naming any option that is out of
 * range.
 */
export const Debounce = { make }
