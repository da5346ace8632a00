/** What is emitted: `execution.succeeded`, the job event that production sees most, without its optional fields. */
export interface BenchEvent {
  readonly eventId: string
  readonly timestamp: string
  readonly source: "job"
  readonly type: "execution.succeeded"
  readonly instanceId: string
  readonly id: string
  readonly jobType: "continuous"
  readonly jobName: string
  readonly incarnationId: string
  readonly sequence: number
  readonly executionId: string
  readonly traceId: string
  readonly runCount: number
  readonly attempt: number
  readonly durationMs: number
}

/** What the tracker adds to every event; the others get it where they have a place for it. */
export const origin = { env: "production", serviceKey: "billing" }

/** Stands in every event once, and so in every body as often as it holds events. */
export const mark = "ev-"

/** The same for `startEndpoint`: the group is what tells events apart. */
export const idPattern = "(ev-\\d{7})"

export const markOf = (index: number): string => mark + String(index).padStart(7, "0")

/** Eight hex digits that look random and are the same in each run: ids that all look alike would pack too well. */
const digits = (seed: number): string => {
  let mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 16)) >>> 0).toString(16).padStart(8, "0")
}

const uuidAt = (atMs: number, seed: number): string => {
  const time = atMs.toString(16).padStart(12, "0")
  const random = digits(seed) + digits(seed + 1) + digits(seed + 2)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`
}

const firstAtMs = Date.UTC(2026, 0, 15, 9)

/** Events that one job tells in a row. */
const eventsPerJob = 4

/** The `index`-th event, 0, 1, 2 … About 570 bytes of JSON. */
export const makeEvent = (index: number): BenchEvent => {
  const job = Math.floor(index / eventsPerJob)
  const atMs = firstAtMs + Math.floor(index / 10)
  const incarnationId = uuidAt(firstAtMs + job, job * 7)
  const runCount = index % eventsPerJob + 1
  return {
    eventId: uuidAt(atMs, index * 3),
    timestamp: new Date(atMs).toISOString(),
    source: "job",
    type: "execution.succeeded",
    instanceId: `continuous:send-invoices:customer-${job % 5000}`,
    id: markOf(index),
    jobType: "continuous",
    jobName: "send-invoices",
    incarnationId,
    sequence: runCount * 3,
    executionId: `${incarnationId}:r${runCount}`,
    traceId: digits(job * 5 + 1) + digits(job * 5 + 2) + digits(job * 5 + 3) + digits(job * 5 + 4),
    runCount,
    attempt: 1,
    durationMs: Number.parseInt(digits(index).slice(0, 2), 16)
  }
}

/** Events `from` … `to - 1`. */
export const makeEvents = (from: number, to: number): ReadonlyArray<BenchEvent> =>
  Array.from({ length: to - from }, (_, index) => makeEvent(from + index))

/** An event without what spans and analytics events have a place of their own for. */
export const attributesOf = (event: BenchEvent) => ({
  eventId: event.eventId,
  instanceId: event.instanceId,
  id: event.id,
  jobType: event.jobType,
  jobName: event.jobName,
  incarnationId: event.incarnationId,
  sequence: event.sequence,
  executionId: event.executionId,
  runCount: event.runCount,
  attempt: event.attempt,
  durationMs: event.durationMs
})
