import { EventError } from "@durable-effect/core"
import { Schema } from "effect"

/** The registry has no definition with this name and type. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", {
  jobType: Schema.String,
  jobName: Schema.String,
  /** The registry's names of this type. */
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const known = this.known.length === 0 ? "none" : this.known.join(", ")
    return `There is no ${this.jobType} job named "${this.jobName}". Known: ${known}. Add it to createJobRegistry.`
  }
}

/** The caller's input is invalid. Nothing was stored and no event was emitted. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  /** The job's name and, if valid, the instance. */
  target: Schema.String,
  /** The path of the invalid field, such as `input.user.age`. */
  field: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.target}: ${this.field}: ${this.problem}`
  }
}

/** The run requested by this call failed, and no attempts are left or none was to follow. */
export class ExecutionFailed extends Schema.TaggedError<ExecutionFailed>()("ExecutionFailed", {
  instanceId: Schema.String,
  executionId: Schema.String,
  /** Attempts that ran. */
  attempts: Schema.Int,
  /**
   * The last attempt's error. If this call ran the attempt, it is complete: `redact` and the size limits apply to
   * stored data and events, not to the caller.
   */
  error: EventError
}) {
  override get message() {
    const times = this.attempts === 1 ? "" : ` after ${this.attempts} attempts`
    return `${this.instanceId} failed${times}: ${this.error.message}`
  }
}

/**
 * The instance's stored data does not match its definition (any more). No user code runs on it, and it is left
 * unchanged. Fix the schema and `trigger` it, or `terminate` it.
 */
export class StateUndecodable extends Schema.TaggedError<StateUndecodable>()("StateUndecodable", {
  instanceId: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `The stored state of ${this.instanceId} cannot be read: ${this.problem}. ` +
      "Make the schema accept it and trigger the instance, or terminate it."
  }
}

/** The storage did not respond, is not ours to write, or is shutting down. No attempt was used up. */
export class HostUnavailable extends Schema.TaggedError<HostUnavailable>()("HostUnavailable", {
  /** `memory`, `sqlite` … */
  host: Schema.String,
  /** What is wrong and what to do about it. */
  problem: Schema.String,
  /** The instance that was not read or stored, if the error is about one. */
  instanceId: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
}

/**
 * The call's `dedupeKey` was used for the same method of this instance within 24 hours, with a different body. Nothing
 * was done.
 */
export class DedupeConflict extends Schema.TaggedError<DedupeConflict>()("DedupeConflict", {
  instanceId: Schema.String,
  action: Schema.String,
  dedupeKey: Schema.String
}) {
  override get message() {
    return `${this.instanceId}: the dedupeKey "${this.dedupeKey}" was used for another ${this.action} with a different ` +
      "body within the last 24 hours. Give each request a key of its own, and repeat one exactly."
  }
}

/** A definition has a schema whose values cannot be stored as JSON. Thrown where the definition is made. */
export class UnstorableSchema extends Schema.TaggedError<UnstorableSchema>()("UnstorableSchema", {
  /** The constructor, such as `Continuous.make`. */
  definition: Schema.String,
  /** The path of the offending part, such as `stateSchema.user.avatar`. */
  field: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.definition}: ${this.field} ${this.problem}.`
  }
}

/** Every error a client call can fail with. */
export type JobsError =
  | JobNotFound
  | InvalidInput
  | ExecutionFailed
  | StateUndecodable
  | DedupeConflict
  | HostUnavailable

/** The errors of reading an instance. */
export type ReadError = HostUnavailable | StateUndecodable

/** The errors of running user code: its own failure, or what kept it from running. */
export type RunError = ExecutionFailed | ReadError
