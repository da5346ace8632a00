import { Duration, Effect, Schema } from "effect"
import { gzipSync } from "node:zlib"
import { IngestAnswer } from "../../src/api/views.ts"
import type { Changes } from "../support/Changes.ts"
import type { Delivery } from "./makeTraffic.ts"
import type { Replicas } from "./Replicas.ts"

/** What the clients were told. */
export interface Told {
  accepted: number
  duplicates: number
  /** Requests that were answered 200. */
  answered: number
  /** Requests that broke off or were put off, and were sent again. */
  resent: number
  readonly changes: Changes
}

const readAnswer = Schema.decodeUnknownSync(Schema.fromJsonString(IngestAnswer))

/** Events as JSON, every third time compressed. */
const contentOf = ({ events }: Delivery, place: number) => {
  const body = JSON.stringify({ events })
  return place % 3 === 0 ? { body: gzipSync(body), encoding: "gzip" } : { body, encoding: "identity" }
}

/** One try; undefined where nothing was answered. */
const post = (url: string, secret: string, delivery: Delivery, place: number) =>
  Effect.promise(async () => {
    try {
      const { body, encoding } = contentOf(delivery, place)
      const answer = await fetch(`${url}/v1/events`, {
        method: "POST",
        body,
        headers: {
          authorization: `Bearer ${secret}`,
          "content-type": "application/json",
          "content-encoding": encoding
        }
      })
      return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("retry-after") }
    } catch {
      return undefined // killed
    }
  })

/** Sends everything from several clients at once, each request again and again until it is answered. */
export const sendAll = Effect.fnUntraced(
  function*(
    deliveries: ReadonlyArray<Delivery>,
    replicas: Replicas,
    secrets: ReadonlyMap<string, string>,
    told: Told,
    clients: number
  ) {
    const send = Effect.fnUntraced(function*(delivery: Delivery, place: number) {
      let failed: string | undefined
      for (;;) {
        const url: string = yield* replicas.url(place % 2, failed)
        const answer = yield* post(url, secrets.get(delivery.tenant) ?? "", delivery, place)
        if (answer?.status === 200) {
          const { accepted, duplicates, rejected } = readAnswer(answer.text)
          if (rejected.length > 0 || accepted + duplicates !== delivery.events.length) {
            return yield* Effect.die(new Error(`a wrong answer: ${answer.text}`))
          }
          told.accepted += accepted
          told.duplicates += duplicates
          told.answered++
          return told.changes.note()
        }
        told.resent++
        failed = url
        if (answer === undefined) continue
        if ((answer.status !== 503 && answer.status !== 429) || answer.retryAfter === null) {
          return yield* Effect.die(new Error(`a wrong answer: ${answer.status} ${answer.text}`))
        }
        yield* Effect.sleep(Duration.seconds(Number(answer.retryAfter)))
      }
    })
    yield* Effect.forEach(deliveries, send, { concurrency: clients, discard: true })
  }
)
