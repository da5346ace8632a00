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

/** Texts that look random and are the same in each run, made once: making events must cost next to nothing. */
const pool = (size: number, seed: number, make: (digits: (count: number) => string, index: number) => string) => {
  let state = seed
  const digits = (count: number): string => {
    let text = ""
    while (text.length < count) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      text += (state >>> 16).toString(16).padStart(4, "0")
    }
    return text.slice(0, count)
  }
  // Through bytes, so that they are flat, as parsed or received strings are.
  const texts = Array.from({ length: size }, (_, index) => Buffer.from(make(digits, index)).toString("latin1"))
  return (index: number): string => texts[index % size] ?? ""
}

const firstAtMs = Date.UTC(2026, 0, 15, 9)

const uuid = (digits: (count: number) => string, index: number): string => {
  const time = (firstAtMs + Math.floor(index / 10)).toString(16).padStart(12, "0")
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`
}

const eventIds = pool(20_000, 1, uuid)
const timestamps = pool(10_000, 2, (_, index) => new Date(firstAtMs + index).toISOString())
const instanceIds = pool(5000, 3, (_, index) => `continuous:send-invoices:customer-${index}`)
const incarnationIds = pool(5000, 4, uuid)
const executionIds = pool(20_000, 4, (_, index) => `${incarnationIds(Math.floor(index / 4))}:r${index % 4 + 1}`)
const traceIds = pool(5000, 5, (digits) => digits(32))

/** Events that one job tells in a row. */
const eventsPerJob = 4

/** The `index`-th event, 0, 1, 2 … About 550 bytes of JSON. Only its `id` is unique. */
export const makeEvent = (index: number): BenchEvent => {
  const job = Math.floor(index / eventsPerJob)
  const runCount = index % eventsPerJob + 1
  return {
    eventId: eventIds(index),
    timestamp: timestamps(Math.floor(index / 10)),
    source: "job",
    type: "execution.succeeded",
    instanceId: instanceIds(job),
    id: markOf(index),
    jobType: "continuous",
    jobName: "send-invoices",
    incarnationId: incarnationIds(job),
    sequence: runCount * 3,
    executionId: executionIds(index),
    traceId: traceIds(job),
    runCount,
    attempt: 1,
    durationMs: (index * 7919) % 250
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
