import { Context, type Effect, type Tracer } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { Trace } from "./Trace.ts"

/** The attempt from inside which user code calls. */
export interface RunningJob {
  readonly instanceId: string
  /** Set for the user code of a visit, which the visited handler does not wait for. */
  readonly isVisitor?: true
  readonly incarnationId: string
  /** The attempt's context in the job's trace; undefined if that has not begun. */
  readonly trace: () => Trace | undefined
  /** The attempt's own span, the parent of user code's spans. */
  readonly span?: Tracer.AnySpan
  /** Durably records that the attempt has begun, if it is not yet. */
  readonly begin: Effect.Effect<void>
  /**
   * For a call the host could not serve: stops the attempt, which runs again later as the same one. Once the attempt
   * has ended, it only fails.
   */
  readonly abandon: (error: HostUnavailable) => Effect.Effect<never, HostUnavailable>
  /** Whether user code has ended, so that the caller is an abandoned fiber. */
  readonly hasEnded: () => boolean
}

/** The job whose user code the current fiber runs, if any: a client call from there carries its incarnation. */
export const CurrentJob = Context.Reference<RunningJob | undefined>("@durable-effect/jobs/CurrentJob", {
  defaultValue: () => undefined
})
