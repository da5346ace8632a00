import { Effect, Option, Schema } from "effect"
import type { InvalidState } from "./attemptError.ts"
import { orInvalidState } from "./attemptLimits.ts"
import type { Unstorable } from "./storableJson.ts"
import { type InvalidInstant, readInstant, type TaskInstant } from "./taskInstant.ts"

/** `updateState` was called before the first `setState`. */
export class NoState extends Schema.TaggedError<NoState>()("NoState", { instanceId: Schema.String }) {
  override get message() {
    return `${this.instanceId} has no state yet that could be updated: call setState first`
  }
}

/**
 * What a task's handler reads and sets. Changes are stored, and scheduled, if the handler succeeds, and otherwise
 * discarded.
 */
export interface TaskControls<State> {
  /** Null before the first `setState`. */
  readonly state: Effect.Effect<State | null>
  readonly setState: (state: State) => Effect.Effect<void>
  readonly updateState: (f: (state: State) => State) => Effect.Effect<void, NoState>
  /**
   * Schedules one run of `execute`: after a duration (`"5 minutes"`, an object, a `Duration`), or at an instant (a
   * `Date`, or epoch milliseconds; immediately if it has passed). Replaces any previous schedule.
   */
  readonly schedule: (when: TaskInstant) => Effect.Effect<void, InvalidInstant>
  readonly cancelSchedule: Effect.Effect<void>
  /** Epoch milliseconds; null if nothing is scheduled. */
  readonly getScheduledTime: Effect.Effect<number | null>
}

/** A schedule; a new object whenever it is set or cancelled. */
export interface Scheduled {
  readonly at: number | null
}

/** One handler's own copy of the durable data. */
export interface TaskDraft<State> {
  readonly controls: TaskControls<State>
  readonly hasState: () => boolean
  readonly scheduled: () => Scheduled
  /** Verifies that the state can be stored. */
  readonly check: Effect.Effect<void, InvalidState>
  readonly encode: () => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}

export const taskDraft = <State>(
  instanceId: string,
  before: { readonly state: Option.Option<State>; readonly scheduled: Scheduled },
  encode: (state: State) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
): TaskDraft<State> => {
  let { scheduled, state } = before
  const set = (next: State) => {
    state = Option.some(next)
  }
  const leave = (at: number | null) => {
    scheduled = { at }
  }
  const encodeCurrent = () => Option.match(state, { onNone: () => Effect.succeed<Schema.Json>(null), onSome: encode })
  return {
    controls: {
      state: Effect.sync(() => Option.getOrNull(state)),
      setState: (next) => Effect.sync(() => set(next)),
      updateState: (f) =>
        Effect.suspend(() =>
          Option.match(state, {
            onNone: () => Effect.fail(new NoState({ instanceId })),
            onSome: (current) => Effect.sync(() => set(f(current)))
          })
        ),
      schedule: (when) => Effect.map(readInstant(when), leave),
      cancelSchedule: Effect.sync(() => leave(null)),
      getScheduledTime: Effect.sync(() => scheduled.at)
    },
    hasState: () => Option.isSome(state),
    scheduled: () => scheduled,
    check: Effect.suspend(() => Effect.asVoid(orInvalidState(encodeCurrent))),
    encode: encodeCurrent
  }
}
