import { Effect, Fiber, Schedule, Schema, type Scope } from "effect"
import { IngestAnswer } from "../../src/api/views.ts"
import { Changes } from "./Changes.ts"
import { seeded } from "./seeded.ts"
import { type SentEvent, traffic } from "./traffic.ts"

/** Clients that send one batch after another, each again and again until it is answered 200. */
export interface Writers {
  /** The events of all batches that were answered 200, by their id. */
  readonly acknowledged: ReadonlyMap<string, SentEvent>
  /** How often each status was answered; `none` where the connection broke or there was none. */
  readonly answers: ReadonlyMap<string, number>
  /** Answers that no server may give, in words. */
  readonly wrong: ReadonlyArray<string>
  /** Ends once this many more batches have been answered 200. */
  readonly untilTaken: (batches: number) => Effect.Effect<void>
  /** Ends once this many more requests have been answered so. */
  readonly untilAnswered: (answer: string, count: number) => Effect.Effect<void>
  /** Ends once all that was begun is answered 200. */
  readonly stop: Effect.Effect<void>
}

const readAnswer = Schema.decodeUnknownSync(Schema.fromJsonString(IngestAnswer))

/** What is wrong with an answer to a batch of this size, or nothing. */
const fault = (status: number, headers: Headers, text: string, size: number): string | undefined => {
  switch (status) {
    case 200: {
      const { accepted, duplicates, rejected } = readAnswer(text)
      return accepted + duplicates === size && rejected.length === 0 ? undefined : `200 to ${size} events: ${text}`
    }
    case 429:
    case 503:
      return headers.get("retry-after") === null ? `${status} without Retry-After` : undefined
    default:
      return `${status}: ${text}`
  }
}

/** Starts writers on a server, which may go away and come back at the same URL; they are stopped when the scope closes. */
export const startWriters = (options: {
  readonly url: string
  readonly secret: string
  readonly seed: number
  readonly count?: number
}): Effect.Effect<Writers, never, Scope.Scope> =>
  Effect.gen(function*() {
    const changes = new Changes()
    const acknowledged = new Map<string, SentEvent>()
    const answers = new Map<string, number>()
    const wrong: Array<string> = []
    const state = { isStopping: false }
    const count = (answer: string) => answers.get(answer) ?? 0
    const note = (answer: string) => {
      answers.set(answer, count(answer) + 1)
      changes.note()
    }

    /** One try; whether it is answered 200. */
    const post = (events: ReadonlyArray<SentEvent>, body: string) =>
      Effect.promise(async (signal) => {
        try {
          const answer = await fetch(`${options.url}/v1/events`, {
            method: "POST",
            headers: { authorization: `Bearer ${options.secret}`, "content-type": "application/json" },
            body,
            signal
          })
          const text = await answer.text()
          const misfit = fault(answer.status, answer.headers, text, events.length)
          if (misfit !== undefined) wrong.push(misfit)
          if (answer.status === 200) {
            for (const event of events) acknowledged.set(event.key, event)
          }
          note(String(answer.status))
          return answer.status === 200
        } catch {
          note("none")
          return false
        }
      })
    const write = (writer: number) =>
      Effect.gen(function*() {
        const { nextBatch } = traffic(String(writer), seeded(options.seed + writer))
        while (!state.isStopping) {
          const events = nextBatch()
          const body = JSON.stringify({ events: events.map(({ event }) => event) })
          yield* Effect.repeat(post(events, body), { until: (done) => done, schedule: Schedule.spaced("50 millis") })
        }
      })
    const fibers = yield* Effect.forEach(
      Array.from({ length: options.count ?? 6 }, (_, writer) => writer),
      (writer) => Effect.forkScoped(write(writer))
    )
    const untilAnswered = (answer: string, more: number) =>
      Effect.suspend(() => {
        const goal = count(answer) + more
        return changes.until(() => count(answer) >= goal)
      })
    return {
      acknowledged,
      answers,
      wrong,
      untilTaken: (batches) => untilAnswered("200", batches),
      untilAnswered,
      stop: Effect.suspend(() => {
        state.isStopping = true
        return Fiber.awaitAll(fibers)
      })
    }
  })
