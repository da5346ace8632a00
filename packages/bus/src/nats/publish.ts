import { jetstream, JetStreamApiError } from "@nats-io/jetstream"
import { errors, headers as makeHeaders, type NatsConnection } from "@nats-io/transport-node"
import { Effect } from "effect"
import type { Message } from "../EventBus.ts"
import { PublishFailed } from "../PublishFailed.ts"
import type { NatsLink } from "./NatsLink.ts"
import { ensureStream } from "./resources.ts"
import type { Subjects } from "./subjects.ts"

/** How long the server may take to confirm that it stored a message, including the wait for a connection. */
const patienceMs = 5_000

/** Message, or its headers, larger than the stream takes: the server's error codes, which the client does not name. */
const sizeCodes = new Set([10054, 10097])

/** Whether the message itself is at fault, so that sending it again would fail again. */
const isUnfit = (error: unknown): boolean =>
  error instanceof errors.InvalidArgumentError || (error instanceof JetStreamApiError && sizeCodes.has(error.code))

const headersOf = (message: Message) => {
  const headers = makeHeaders()
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, value)
  return headers
}

/**
 * Creates the publish function for one link. Ensures, once per connection and topic, that there is a stream to store
 * messages.
 */
export const makePublish = (link: NatsLink, subjects: Subjects) => {
  const ensured = new WeakMap<NatsConnection, Map<string, Promise<string>>>()

  const streamFor = (connection: NatsConnection, topic: string): Promise<string> => {
    const topics = ensured.get(connection) ?? new Map<string, Promise<string>>()
    ensured.set(connection, topics)
    const present = topics.get(topic)
    if (present !== undefined) return present
    const made = ensureStream(connection, subjects, topic)
    topics.set(topic, made)
    made.catch(() => topics.delete(topic))
    return made
  }

  return (topic: string, id: string, message: Message): Effect.Effect<void, PublishFailed> => {
    const failed = (detail: string, isRetryable: boolean) => new PublishFailed({ topic, id, detail, isRetryable })

    const send = (connection: NatsConnection) =>
      Effect.tryPromise({
        try: async () => {
          const headers = headersOf(message)
          await streamFor(connection, topic)
          await jetstream(connection, { timeout: patienceMs })
            .publish(subjects.subject(topic), message.body, { msgID: id, headers })
        },
        catch: (error) => {
          // The stream may be gone: the next attempt checks first.
          ensured.get(connection)?.delete(topic)
          return failed(error instanceof Error ? error.message : String(error), !isUnfit(error))
        }
      })

    const connected = link.connected.pipe(
      Effect.timeoutOrElse({
        duration: patienceMs,
        orElse: () => Effect.fail(failed("there is no connection to the bus", true))
      })
    )
    // The client would wait for a response over a connection that is gone.
    const lost = Effect.andThen(link.lost, Effect.fail(failed("the connection to the bus was lost", true)))
    return Effect.flatMap(connected, (connection) => Effect.raceFirst(send(connection), lost))
  }
}
