import { Schema } from "effect"
import { Instant } from "./Instant.ts"

/** The kinds of job. */
export const JobType = Schema.Literals(["continuous", "debounce", "task", "workerPool"])
export type JobType = typeof JobType.Type

/**
 * The rule for every id, name and type: not empty, at most 255 characters. A server accepts at most 255 bytes of UTF-8.
 */
export const Identifier = Schema.NonEmptyString.check(Schema.isMaxLength(255))

/** A 1-based number: 1, 2, 3 … */
export const Ordinal = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/** Milliseconds, not negative, possibly fractional. */
export const Milliseconds = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** The fields common to all job events. */
export const jobHeader = {
  eventId: Schema.String.check(Schema.isUUID(7)).annotate({
    description: "UUIDv7, strictly increasing within a process. The de-duplication key."
  }),
  timestamp: Instant.annotate({ description: "When it happened: ISO 8601, UTC, from Effect's clock." }),
  source: Schema.Literal("job").annotate({ description: "Distinguishes job events from workflow events." }),
  instanceId: Identifier.annotate({ description: "`{jobType}:{jobName}:{id}`." }),
  id: Schema.optionalKey(Schema.String).annotate({ description: "The id that the caller supplied." }),
  jobType: JobType.annotate({ description: "The kind of job." }),
  jobName: Identifier.annotate({ description: "The name of the job's definition in its registry." }),
  incarnationId: Schema.String.check(Schema.isUUID(7)).annotate({
    description: "UUIDv7 of one lifetime of the instance, from `job.created` to its end."
  }),
  sequence: Ordinal.annotate({
    description: "1, 2, 3 … within the incarnation, without gaps. Orders its events."
  }),
  executionId: Schema.optionalKey(Identifier).annotate({
    description: "Identifies one execution; the same for all of its attempts."
  }),
  traceId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/u)).annotate({
    description: "W3C trace id, 32 hex digits."
  }),
  parentEventId: Schema.optionalKey(Schema.String).annotate({
    description: "The id of the event that caused this one."
  }),
  parentIncarnationId: Schema.optionalKey(Schema.String).annotate({
    description: "The incarnation of the job that started this one."
  })
}

/** What the tracker adds to every outgoing event; emitters never set it. */
export const origin = {
  env: Schema.NonEmptyString.annotate({ description: "The deployment's environment, as configured in the tracker." }),
  serviceKey: Schema.NonEmptyString.annotate({ description: "The emitting service, as configured in the tracker." })
}
export type Origin = { readonly env: string; readonly serviceKey: string }
