import type { ConsumerInfo } from "@nats-io/jetstream"
import { createInbox, type Msg, nanos, type NatsConnection } from "@nats-io/transport-node"
import { Deferred, Effect, Exit, type Scope } from "effect"
import type { Inbox } from "./Inbox.ts"
import { NatsDelivery } from "./NatsDelivery.ts"

/**
 * How long the server keeps a request for messages, and hence how long returning messages has to wait. A request whose
 * sender is gone does harm: a 2.9 server that finds no other request for a message to be redelivered forgets the
 * message until its acknowledgement wait is over.
 */
const expiresMs = 1_000
/**
 * Request again after this time, shortly before expiry: nats-server 2.9 may not report that a request has expired, and
 * without a request it delivers nothing.
 */
const patienceMs = 0.9 * expiresMs

/** How long messages in flight may take to arrive; a server that is up but hangs would never say. */
const drainMs = 500

/** The consumer, or the connection to it, is gone. */
export class PullEnded {
  readonly _tag = "PullEnded"
  readonly detail: string
  constructor(detail: string) {
    this.detail = detail
  }
}

interface Request {
  left: number
  readonly ended: Deferred.Deferred<void, PullEnded>
}

/** 404 no messages, 408 request timeout, 409 with these words: simply request again. */
const isOrdinary = (code: number, description: string): boolean =>
  code === 404 || code === 408 || (code === 409 && /maxbytes|maxrequest|leadership|shutdown/i.test(description))

/**
 * Requests messages from a consumer for as long as the inbox has room. Fails if the consumer does not respond like one,
 * and runs `works` after each request that was not rejected. Requests no more than the inbox can hold, so that an idle
 * server gets the rest.
 */
export const pull = Effect.fnUntraced(
  function*(
    connection: NatsConnection,
    topic: string,
    { name, stream_name }: ConsumerInfo,
    inbox: Inbox,
    tell: (reply: string, answer: string) => void,
    works: Effect.Effect<void>
  ): Effect.fn.Return<never, PullEnded, Scope.Scope> {
    const next = `$JS.API.CONSUMER.MSG.NEXT.${stream_name}.${name}`
    const address = createInbox()
    const onSettled = (delivery: NatsDelivery) => inbox.settled(delivery)
    let number = 0
    let request: Request = { left: 0, ended: Deferred.makeUnsafe() }
    Deferred.doneUnsafe(request.ended, Exit.void)

    const onStatus = ({ headers, subject }: Msg) => {
      const { code = 0, description = "" } = headers ?? {}
      if (code === 100 || subject !== `${address}.${number}`) return
      const exit = isOrdinary(code, description) ? Exit.void : Exit.fail(new PullEnded(`${code} ${description}`))
      Deferred.doneUnsafe(request.ended, exit)
    }

    const onMessage = (message: Msg) => {
      if (message.reply === undefined || message.reply === "") return onStatus(message)
      inbox.add(new NatsDelivery(topic, message, tell, onSettled))
      if (--request.left <= 0) Deferred.doneUnsafe(request.ended, Exit.void)
    }

    yield* Effect.acquireRelease(
      Effect.sync(() =>
        connection.subscribe(`${address}.*`, {
          callback: (error, message) => {
            if (error === null) onMessage(message)
          }
        })
      ),
      // Messages in flight still arrive. The last request must be over before anything is returned.
      Effect.fnUntraced(function*(subscription) {
        if (connection.isClosed()) return
        const over = Effect.exit(Deferred.await(request.ended))
        if (inbox.all.size > 0) yield* Effect.timeoutOption(over, 2 * expiresMs)
        yield* Effect.timeoutOption(Effect.ignore(Effect.tryPromise(() => subscription.drain())), drainMs)
      })
    )

    while (true) {
      yield* inbox.hasRoom.await
      const { bytes, count } = inbox.room
      request = { left: count, ended: Deferred.makeUnsafe() }
      const asked = { batch: count, max_bytes: bytes, expires: nanos(expiresMs) }
      connection.publish(next, JSON.stringify(asked), { reply: `${address}.${++number}` })
      yield* Effect.timeoutOption(Deferred.await(request.ended), patienceMs)
      yield* works
    }
  }
)
