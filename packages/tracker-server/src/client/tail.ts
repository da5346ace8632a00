import { Duration, Effect, Random, Schema, Stream } from "effect"
import type { HttpClientResponse } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { StreamMessage } from "../api/StreamApi.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { type ClientError, isPassing, UnexpectedAnswer, Unreachable, withClientErrors } from "./ClientError.ts"
import { type SentBlock, sentBlocks } from "./serverSentEvents.ts"
import { TrackerClient } from "./TrackerClient.ts"

export interface TailOptions {
  /** Only events of this plan or job instance. Default: all. */
  readonly planId?: string | undefined
  /** `id` of the last message read; the stream resumes right after it. Default: start now. */
  readonly lastEventId?: string | undefined
  /** Called each time the stream opens: nothing stored from then on is missed. */
  readonly onOpen?: (() => void) | undefined
  /** Called each time the connection is lost, before it is re-established. */
  readonly onLost?: ((error: ClientError) => void) | undefined
}

/** The server sends something at least every 15 s; after this long without data, the connection is dead. */
const silence = Duration.seconds(45)

/** Seconds before the first reconnection attempt, and the maximum before any. */
const pause = { first: 1, most: 30 }

const refusalOf = HttpApiClient.decodeResponse(TrackerApi, { group: "stream", endpoint: "stream" })
const isKnown = Schema.is(Schema.Literals(["tracking", "reset"]))
const decode = Schema.decodeUnknownEffect(StreamMessage)

const connect = Effect.fnUntraced(
  function*(client: TrackerClient["Service"], planId: string | undefined, lastEventId: string | undefined) {
    const response = yield* client.stream.stream({
      query: planId === undefined ? {} : { plan_id: planId },
      headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
      responseMode: "response-only"
    })
    if (response.status !== 200) return yield* Effect.flatMap(refusalOf(response), () => refused(client.url))
    const isStream = response.headers["content-type"]?.startsWith("text/event-stream") === true
    return isStream ? response : yield* refused(client.url)
  },
  (effect, { url }) => withClientErrors(url)(effect)
)

const refused = (url: string) => Effect.fail(new UnexpectedAnswer({ url, status: 200 }))

/** The blocks of one connection, until it ends or breaks. */
const blocksOf = (url: string, { stream }: HttpClientResponse.HttpClientResponse) => {
  const broken = (cause: unknown) => new Unreachable({ url, cause })
  return stream.pipe(
    Stream.mapError((error) => broken(error.cause ?? error)),
    Stream.timeoutOrElse({
      duration: silence,
      orElse: () => Stream.fail(broken(new Error(`nothing came for ${Duration.toSeconds(silence)} s`)))
    }),
    Stream.decodeText,
    Stream.splitLines,
    sentBlocks
  )
}

/**
 * Live events. A lost connection is re-established and resumes right after the last message, so that none is missing or
 * duplicated. Fails if the first connection fails, or if the server rejects a later one.
 */
export const tail = (options: TailOptions = {}): Stream.Stream<StreamMessage, ClientError, TrackerClient> =>
  Stream.unwrap(Effect.map(TrackerClient, (client) => {
    let lastEventId = options.lastEventId
    let hasBegun = false
    let isOpen = false
    let failures = 0

    const message = Effect.fnUntraced(function*({ data, event, id }: SentBlock) {
      lastEventId = id ?? lastEventId
      if (!isOpen) options.onOpen?.()
      isOpen = true
      // A newer server may send messages that this version does not know.
      if (data === undefined || !isKnown(event)) return []
      return [yield* decode({ data, event, id: lastEventId })]
    }, Effect.mapError(() => new UnexpectedAnswer({ url: client.url })))

    const connection = Stream.unwrap(Effect.map(
      Effect.suspend(() => connect(client, options.planId, lastEventId)),
      (response) => {
        hasBegun = true
        isOpen = false
        failures = 0
        return Stream.flatMap(
          blocksOf(client.url, response),
          (block) => Stream.fromIterableEffect(message(block))
        )
      }
    ))
    const comeAgain = Effect.fnUntraced(function*(error: ClientError) {
      options.onLost?.(error)
      const seconds = Math.min(pause.most, pause.first * 2 ** failures++)
      yield* Effect.sleep(Duration.seconds(seconds * (yield* Random.nextBetween(0.5, 1))))
    })
    const ended = new Unreachable({ url: client.url, cause: new Error("the stream ended") })
    return connection.pipe(
      Stream.concat(Stream.fail(ended)),
      Stream.catch((error) =>
        hasBegun && isPassing(error) ? Stream.fromEffectDrain(comeAgain(error)) : Stream.fail(error)
      ),
      Stream.forever
    )
  }))
