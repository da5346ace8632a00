import { Context, type Effect } from "effect"

/** The attempt from inside which user code calls. */
export interface RunningJob {
  readonly instanceId: string
  readonly incarnationId: string
  /** Makes the attempt durable as begun, if it is not yet. */
  readonly begin: Effect.Effect<void>
}

/** The job that the current fiber runs user code of, if any: a client call from there carries its incarnation. */
export const CurrentJob = Context.Reference<RunningJob | undefined>("@durable-effect/jobs/CurrentJob", {
  defaultValue: () => undefined
})
