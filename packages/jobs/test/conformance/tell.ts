import type { JobEvent } from "@durable-effect/core"
import { Schema } from "effect"
import type { JobsError } from "../../src/index.ts"

const dayMs = 24 * 3_600_000

/** An instant, in seconds where they are whole: the clock of all cases begins at 0. Far ones as dates. */
export const seconds = (ms: number): string => {
  if (ms >= 30 * dayMs) return new Date(ms).toISOString().replace(".000", "")
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** JSON without quotes. */
export const compact = (value: unknown): string => JSON.stringify(value)?.replaceAll("\"", "") ?? "undefined"

/** What of an execution's id is its own. */
export const lastOf = (executionId: string): string => executionId.slice(executionId.indexOf(":") + 1)

/** What all events have, checked for all at once. */
const base = new Set([
  "eventId",
  "timestamp",
  "source",
  "instanceId",
  "id",
  "jobType",
  "jobName",
  "incarnationId",
  "sequence",
  "traceId",
  "type",
  "executionId",
  "parentEventId",
  "parentIncarnationId"
])

const instants = new Set(["scheduledFor", "retryAt", "flushAt", "replaces"])

/** In which order fields are told; others come after these. */
const order = [
  "itemId",
  "trigger",
  "kind",
  "reason",
  "by",
  "idleReason",
  "eventCount",
  "attempt",
  "attempts",
  "runCount"
]

const rank = (field: string): number => {
  const place = order.indexOf(field)
  return place === -1 ? order.length : place
}

/** Wording is nobody's contract: what is long is cut, as far as it does not tell a field. */
const cut = (text: string): string => text.length <= 60 ? text : `${text.slice(0, 60)}…`

/** An error as text. */
export const errorText = (error: unknown): string => {
  const { message, name } = Schema.decodeUnknownSync(
    Schema.Struct({ name: Schema.optional(Schema.String), message: Schema.String })
  )(error)
  return `${name ?? ""}(${cut(message.split("\n")[0] ?? "")})`
}

const valueText = (field: string, value: unknown): string => {
  if (instants.has(field) && typeof value === "string") return seconds(Date.parse(value))
  if (field === "error" || field === "lastError") return errorText(value)
  return typeof value === "string" ? value : compact(value)
}

/** What can be told from the rest of the event, or goes without saying. */
const goesWithoutSaying = (event: JobEvent, field: string, value: unknown): boolean => {
  if (field === "isRetry" || field === "isFirst" || field === "isFirstEvent") {
    const count = "attempt" in event ? event.attempt : "eventCount" in event ? event.eventCount : 0
    return value === (field === "isRetry" ? count > 1 : count === 1)
  }
  if (field === "willRetry") return event.type === "job.failed"
  return (field === "handler" && value === "execute") ||
    ((field === "durationMs" || field === "lateByMs") && value === 0)
}

const whoseOf = ({ id, jobName }: JobEvent): string => {
  if (jobName === "job") return id === "a" || id === "0" ? "" : `${id}/ `
  return `${jobName}:${id}/ `
}

/**
 * An event as one line: of whom, if not of `job`'s instance `a` (or shard 0); type; what of the execution's id is its own;
 * each other field of its own. Left out: `isRetry`, `isFirst` and `isFirstEvent` where they are as the counts say,
 * `handler` where it is `execute`, durations of 0, and `willRetry` of `job.failed`.
 */
export const eventLine = (event: JobEvent, lives: ReadonlyArray<string>): string => {
  const fields = Object.entries(event)
    .filter(([field, value]) => !base.has(field) && !goesWithoutSaying(event, field, value))
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([field, value]) => value === true ? field : `${field}=${valueText(field, value)}`)
  const { executionId, parentIncarnationId } = event
  return [
    `${whoseOf(event)}${event.type}`,
    ...(executionId === undefined ? [] : [lastOf(executionId)]),
    ...fields,
    ...(parentIncarnationId === undefined ? [] : [`parentIncarnationId=#${lives.indexOf(parentIncarnationId) + 1}`])
  ].join(" ")
}

/** The same for many, each with the instant where it is another than that of the one before; the first one's is 0. */
export const eventLines = (events: ReadonlyArray<JobEvent>, from: number): ReadonlyArray<string> => {
  const lives = [...new Set(events.map(({ incarnationId }) => incarnationId ?? ""))]
  let before = 0
  return events.slice(from).map((event) => {
    const at = Date.parse(event.timestamp)
    const instant = at === before ? "" : `@${seconds(at)} `
    before = at
    return `${instant}${eventLine(event, lives)}`
  })
}

/** What led to what: each event that names its cause, with the type of that. */
export const becauseLines = (events: ReadonlyArray<JobEvent>, from: number): ReadonlyArray<string> => {
  const types = new Map(events.map(({ eventId, type }) => [eventId, type]))
  return events.slice(from).flatMap(({ parentEventId, type }) =>
    parentEventId === undefined ? [] : [`${type} < ${types.get(parentEventId) ?? "nobody knows"}`]
  )
}

/** An error that a call has answered: its tag, and all that it says but for the wording. */
export const errorLine = (error: JobsError): string => {
  switch (error._tag) {
    case "JobNotFound":
      return `JobNotFound ${error.jobType} ${error.jobName}, known: ${error.known.join(" ")}`
    case "InvalidInput":
      return `InvalidInput ${error.target} ${error.field}`
    case "ExecutionFailed":
      return `ExecutionFailed ${error.instanceId} ${lastOf(error.executionId)} attempts=${error.attempts} ` +
        errorText(error.error)
    case "StateUndecodable":
      return `StateUndecodable ${error.instanceId}`
    case "DedupeConflict":
      return `DedupeConflict ${error.instanceId} ${error.action} ${error.dedupeKey}`
    case "HostUnavailable":
      return "HostUnavailable"
  }
}
