import { Context, type Effect, type Tracer } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { Trace } from "./Trace.ts"

/** The attempt from inside which user code calls. */
export interface RunningJob {
  readonly instanceId: string
  /** The user code of a visit, which the handler that is visited does not wait for. */
  readonly isVisitor?: true
  readonly incarnationId: string
  /** Where the attempt is in the job's trace; undefined when that has not begun. */
  readonly trace: () => Trace | undefined
  /** The attempt's own span, under which user code's are. */
  readonly span?: Tracer.AnySpan
  /** Makes the attempt durable as begun, if it is not yet. */
  readonly begin: Effect.Effect<void>
  /**
   * For a call that the host could not serve: stops the attempt, which runs again later as the same one. Once the
   * attempt has ended, it only fails.
   */
  readonly abandon: (error: HostUnavailable) => Effect.Effect<never, HostUnavailable>
  /** Whether user code has ended, so that it is a fiber left behind that asks. */
  readonly hasEnded: () => boolean
}

/** The job that the current fiber runs user code of, if any: a client call from there carries its incarnation. */
export const CurrentJob = Context.Reference<RunningJob | undefined>("@durable-effect/jobs/CurrentJob", {
  defaultValue: () => undefined
})
