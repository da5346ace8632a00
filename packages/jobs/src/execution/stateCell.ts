import { Effect } from "effect"
import type { DurableState } from "../Execution.ts"

/** One attempt's own copy of a value, as handlers see it. */
export interface Cell<State> {
  readonly durable: DurableState<State>
  readonly current: () => State
  readonly reset: () => void
}

export const stateCell = <State>(initial: State): Cell<State> => {
  let state = initial
  const set = (next: State) => {
    state = next
  }
  return {
    durable: {
      state: Effect.sync(() => state),
      setState: (next) => Effect.sync(() => set(next)),
      updateState: (f) => Effect.sync(() => set(f(state)))
    },
    current: () => state,
    reset: () => set(initial)
  }
}
