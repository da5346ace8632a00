import { Schema } from "effect"
import { jobEvent } from "./define.ts"
import { Milliseconds, Ordinal } from "./header.ts"
import { Instant } from "./Instant.ts"

/** A JavaScript error, or any other thrown value as text. */
export const EventError = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  message: Schema.String,
  stack: Schema.optionalKey(Schema.String)
})
export type EventError = typeof EventError.Type

/**
 * A user-supplied payload: JSON, redacted, at most 32 KiB; anything larger becomes `{"truncated": true, "bytes": n}`.
 */
const userPayload = (description: string) => Schema.optionalKey(Schema.Unknown.annotate({ description }))

const runCount = Schema.Natural.annotate({ description: "Executions started so far in this incarnation." })
const attempt = Ordinal.annotate({ description: "1-based." })
const durationMs = Milliseconds.annotate({ description: "Wall-clock time of user code, milliseconds." })
const eventCount = Schema.Natural.annotate({ description: "Events accepted so far in this incarnation." })
const itemId = Schema.NonEmptyString.annotate({ description: "The pool item." })
const AlarmKind = Schema.Literals(["schedule", "retry", "flush", "task"])
const recovered = Schema.optionalKey(Schema.Boolean)

export const JobCreated = jobEvent(
  "job.created",
  "A new incarnation's metadata is stored; its input or first event is valid.",
  {
    input: userPayload("What the job was started with.")
  }
)
export const JobStarted = jobEvent(
  "job.started",
  "The start was accepted. Not emitted when an already running job is started again.",
  {
    input: userPayload("What the job was started with.")
  }
)
export const JobCompleted = jobEvent("job.completed", "The incarnation ended normally.", {
  reason: Schema.Literals(["flushed", "terminatedByHandler", "drained"]),
  runCount
})
export const JobFailed = jobEvent("job.failed", "The incarnation ended in failure: no attempts are left.", {
  error: EventError,
  runCount,
  attempt,
  willRetry: Schema.Literal(false),
  reason: Schema.Literals(["retryExhausted", "executionFailed"]),
  finalState: userPayload("The final state, before it is purged.")
})
export const JobTerminated = jobEvent("job.terminated", "Its storage is purged. The last event of an incarnation.", {
  reason: Schema.optionalKey(Schema.String),
  by: Schema.Literals(["client", "handler", "retryExhausted", "executionFailed", "clear", "discard"]),
  runCount
})

export const ExecutionStarted = jobEvent("execution.started", "User code is about to run. Emitted once per attempt.", {
  runCount,
  attempt,
  isRetry: Schema.Boolean,
  trigger: Schema.Literals(["start", "trigger", "alarm", "retry", "flush", "event", "item"]),
  handler: Schema.Literals(["execute", "onEvent"]),
  recovered: recovered.annotate({ description: "A crash interrupted this attempt; it is running again." })
})
export const ExecutionSucceeded = jobEvent("execution.succeeded", "User code succeeded and its state is stored.", {
  runCount,
  attempt,
  durationMs,
  preExecutionState: userPayload("The state before this attempt."),
  terminated: Schema.optionalKey(Schema.Boolean),
  recovered: recovered.annotate({ description: "`onError` handled the failure." })
})
export const ExecutionFailed = jobEvent(
  "execution.failed",
  "User code failed or died, or its new state failed validation.",
  {
    error: EventError,
    runCount,
    attempt,
    durationMs,
    willRetry: Schema.Boolean,
    preExecutionState: userPayload("The state before this attempt.")
  }
)

export const RetryScheduled = jobEvent("retry.scheduled", "The retry alarm of a failed attempt is stored.", {
  attempt: attempt.annotate({ description: "The next attempt, 1-based." }),
  retryAt: Instant,
  delayMs: Milliseconds,
  error: EventError
})
export const RetryAttempted = jobEvent(
  "retry.attempted",
  "The next attempt begins. Emitted before its `execution.started`.",
  {
    attempt: attempt.annotate({ description: "2, 3, …" }),
    scheduledFor: Instant
  }
)
export const RetryExhausted = jobEvent("retry.exhausted", "No attempts are left. Emitted before cleanup.", {
  attempts: Ordinal.annotate({ description: "Attempts that actually ran." }),
  reason: Schema.Literals(["maxAttempts", "maxDuration"]),
  lastError: EventError,
  totalDurationMs: Milliseconds.annotate({ description: "Time since the first attempt began, milliseconds." })
})

export const AlarmScheduled = jobEvent("alarm.scheduled", "An alarm is stored, replacing any previous one.", {
  scheduledFor: Instant,
  kind: AlarmKind,
  replaces: Schema.optionalKey(Instant.annotate({ description: "When the replaced alarm was due." }))
})
export const AlarmFired = jobEvent("alarm.fired", "A due alarm of a live instance was picked up.", {
  scheduledFor: Instant,
  lateByMs: Milliseconds,
  kind: AlarmKind
})
export const AlarmCancelled = jobEvent("alarm.cancelled", "A pending alarm was removed without replacement.", {
  scheduledFor: Instant,
  kind: AlarmKind,
  reason: Schema.String
})

export const TaskEventReceived = jobEvent(
  "task.event.received",
  "A sent event passed validation. Emitted before `onEvent`.",
  {
    eventCount,
    isFirstEvent: Schema.Boolean,
    event: userPayload("The event that was sent.")
  }
)
export const TaskEventProcessed = jobEvent("task.event.processed", "`onEvent` has ended.", {
  eventCount,
  durationMs,
  ok: Schema.Boolean
})
export const TaskIdle = jobEvent("task.idle", "A handler finished with nothing scheduled. Emitted before `onIdle`.", {
  idleReason: Schema.Literals(["onEvent", "execute"])
})

export const DebounceEventAdded = jobEvent("debounce.event.added", "An event was reduced into the buffer and stored.", {
  eventCount,
  isFirst: Schema.Boolean,
  flushAt: Instant
})
export const DebounceFlushTriggered = jobEvent(
  "debounce.flush.triggered",
  "A flush begins. Not repeated when it is retried.",
  {
    eventCount,
    reason: Schema.Literals(["timeout", "maxEvents", "manual"]),
    windowMs: Milliseconds.annotate({ description: "Time since the first event in the buffer, milliseconds." })
  }
)
export const DebounceCleared = jobEvent("debounce.cleared", "A live buffer was cleared.", {
  discardedEvents: Schema.Natural
})

export const PoolItemEnqueued = jobEvent("pool.item.enqueued", "An item was queued.", {
  itemId,
  partitionKey: Schema.optionalKey(Schema.String),
  priority: Schema.Int.annotate({ description: "Lower runs sooner; default 0." }),
  depth: Schema.Natural.annotate({ description: "Queued items, this one included." })
})
export const PoolItemCancelled = jobEvent("pool.item.cancelled", "A queued item was cancelled.", { itemId })
export const PoolPaused = jobEvent("pool.paused", "The pool stopped starting items.", {})
export const PoolResumed = jobEvent("pool.resumed", "The pool starts items again.", {})
export const PoolDrained = jobEvent("pool.drained", "No item is queued or running any more.", {
  processed: Schema.Natural.annotate({ description: "Items processed in this incarnation." })
})

/** Every job event. To add one, add a member here: wire form, JSON Schema, docs and server follow. */
export const JobEvent = Schema.Union([
  JobCreated,
  JobStarted,
  JobCompleted,
  JobFailed,
  JobTerminated,
  ExecutionStarted,
  ExecutionSucceeded,
  ExecutionFailed,
  RetryScheduled,
  RetryAttempted,
  RetryExhausted,
  AlarmScheduled,
  AlarmFired,
  AlarmCancelled,
  TaskEventReceived,
  TaskEventProcessed,
  TaskIdle,
  DebounceEventAdded,
  DebounceFlushTriggered,
  DebounceCleared,
  PoolItemEnqueued,
  PoolItemCancelled,
  PoolPaused,
  PoolResumed,
  PoolDrained
]).pipe(Schema.toTaggedUnion("type"))
export type JobEvent = typeof JobEvent.Type
export type JobEventType = JobEvent["type"]
