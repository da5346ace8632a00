import { EventError } from "@durable-effect/core"
import { Schema } from "effect"

/** No definition of this name and type is in the registry. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", {
  jobType: Schema.String,
  jobName: Schema.String,
  /** The names that the registry has of this type. */
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const known = this.known.length === 0 ? "none" : this.known.join(", ")
    return `There is no ${this.jobType} job named "${this.jobName}". Known: ${known}. Add it to createJobRegistry.`
  }
}

/** What the caller gave does not fit. Nothing was stored and no event was made. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  /** The job's name and, when it is good, the instance. */
  target: Schema.String,
  /** The path of the field at fault, such as `input.user.age`. */
  field: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.target}: ${this.field}: ${this.problem}`
  }
}

/** The run that this call asked for failed, and no attempt is left or none was to follow. */
export class ExecutionFailed extends Schema.TaggedError<ExecutionFailed>()("ExecutionFailed", {
  instanceId: Schema.String,
  executionId: Schema.String,
  /** Attempts that ran. */
  attempts: Schema.Int,
  /**
   * The last attempt's error. That of an attempt which this call ran is whole: `redact` and the caps are for what is
   * stored and told in events, not for the caller.
   */
  error: EventError
}) {
  override get message() {
    const times = this.attempts === 1 ? "" : ` after ${this.attempts} attempts`
    return `${this.instanceId} failed${times}: ${this.error.message}`
  }
}

/**
 * What is stored for this instance does not fit its definition (any more). No user code runs on it; it stays as it is.
 * Mend the schema and `trigger` it, or `terminate` it.
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

/** The storage did not answer, is not ours to write, or is shutting down. No attempt was used up. */
export class HostUnavailable extends Schema.TaggedError<HostUnavailable>()("HostUnavailable", {
  /** `memory`, `sqlite` … */
  host: Schema.String,
  /** What is wrong and what to do about it. */
  problem: Schema.String,
  /** The instance that was not read or not stored, where it is about one. */
  instanceId: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
}

/** The call's `dedupeKey` was used for the same method of this instance within 24 hours, with another body. Nothing was done. */
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
  /** What makes it, such as `Continuous.make`. */
  definition: Schema.String,
  /** The path of the part at fault, such as `stateSchema.user.avatar`. */
  field: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.definition}: ${this.field} ${this.problem}.`
  }
}

/** Every error that a client call can answer. */
export type JobsError =
  | JobNotFound
  | InvalidInput
  | ExecutionFailed
  | StateUndecodable
  | DedupeConflict
  | HostUnavailable
