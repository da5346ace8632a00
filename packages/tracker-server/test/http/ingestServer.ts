import { Effect, Schema } from "effect"
import { IngestAnswer, Timeline } from "../../src/api/views.ts"
import { type Answer, request, testServer } from "./server.ts"

/** The start of a plan, as an envelope. */
export const planStarted = (id: string, fields: object = {}) => ({
  id,
  time: "2026-01-11T10:00:00Z",
  type: "plan.started",
  topic: "system-events",
  data: { plan_id: "p" },
  ...fields
})

/** The text of a body with these events. */
export const batch = (...events: ReadonlyArray<unknown>) => JSON.stringify({ events })

const readVerdicts = Schema.decodeUnknownSync(Schema.fromJsonString(IngestAnswer))

/** What a 200 says of a batch. */
export const verdicts = ({ status, text }: Answer): IngestAnswer => {
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return readVerdicts(text)
}

/** The code of each event that a 200 refuses, by its index. */
export const codes = (answer: Answer) =>
  Object.fromEntries(verdicts(answer).rejected.map(({ code, index }) => [index, code]))

const readTimeline = Schema.decodeUnknownSync(Schema.fromJsonString(Timeline))

/** Ways to send bodies to a server, and to ask it, with one key. */
export const clientOf = (url: string, secret: string) => {
  const authorization = `Bearer ${secret}`
  const ask = (path: string) => request(`${url}/v1/tracker${path}`, { headers: { authorization } })
  return {
    authorization,
    /** A stream goes in chunks, without a length. */
    send: (body: string | Uint8Array<ArrayBuffer> | ReadableStream, headers: Record<string, string> = {}) =>
      request(`${url}/v1/events`, {
        method: "POST",
        body,
        duplex: "half",
        headers: { authorization, "content-type": "application/json", ...headers }
      }),
    ask,
    /** The first page of a plan's events. */
    timeline: (planId: string) =>
      Effect.map(
        ask(`/plans/${encodeURIComponent(planId)}/timeline?limit=500`),
        ({ text }) => readTimeline(text).events
      )
  }
}

/** A server over a database of its own, and a client of it with a key to send and ask. */
export const ingestServer = Effect.gen(function*() {
  const server = yield* testServer()
  const { secret } = yield* server.makeKey("acme", "ingest", "query")
  return { ...server, ...clientOf(server.url, secret) }
})
