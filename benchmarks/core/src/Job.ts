import { Schema } from "effect"
import { ContenderName } from "./contenders/index.ts"

const contender = {
  contender: ContenderName,
  /** Of the sink. */
  url: Schema.String,
  arrivalsPath: Schema.String,
  /** Where a CPU profile of the measured part goes, if anywhere. */
  profilePath: Schema.optionalKey(Schema.String)
}

/** What a process of its own is to measure. */
export const Job = Schema.TaggedUnion({
  /** What emitting costs the fiber that emits, while delivery goes on. */
  Emit: { ...contender, warmUpEvents: Schema.Int, events: Schema.Int, perSecond: Schema.Int },
  /** What emitting costs in a loop, beside anything else that a fiber does in a loop. */
  EmitLoop: { ...contender, warmUpLoops: Schema.Int, loops: Schema.Int },
  /** What an event costs from emitting to its acknowledgement. */
  Delivery: { ...contender, warmUpMs: Schema.Int, passes: Schema.Int, eventsPerPass: Schema.Int },
  /** How long the event loop is held up while so much is emitted. */
  Loop: { ...contender, warmUpEvents: Schema.Int, events: Schema.Int, perSecond: Schema.Int },
  /** What a tracker that does nothing adds to the run of a job. */
  Noop: { pairs: Schema.Int, callsPerBlock: Schema.Int },
  /** What becomes of events when the endpoint misbehaves. */
  Fault: {
    contender: ContenderName,
    url: Schema.String,
    events: Schema.Int,
    /** 0: all at once, and closed at once. */
    perSecond: Schema.Int,
    /** Indexes of events that are larger than any request may be. */
    oversized: Schema.Array(Schema.Int),
    /** Whether all is answered before it is closed, so that losses do not tell how busy the machine is. */
    isPatient: Schema.Boolean
  }
})
export type Job = typeof Job.Type
export type JobOf<T extends Job["_tag"]> = Extract<Job, { readonly _tag: T }>
