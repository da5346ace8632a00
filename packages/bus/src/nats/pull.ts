import type { ConsumerInfo } from "@nats-io/jetstream"
import { createInbox, type Msg, nanos, type NatsConnection } from "@nats-io/transport-node"
import { Deferred, Effect, Exit, type Scope } from "effect"
import type { Inbox } from "./Inbox.ts"
import { NatsDelivery } from "./NatsDelivery.ts"

/**
 * How long the server keeps one request for messages, which is how long giving messages back waits. One whose sender
 * is gone would do harm: a server of 2.9 that finds no other for a message to be delivered again forgets that message
 * until its time to be acknowledged is up.
 */
const expiresMs = 1_000
/**
 * After this we ask again, shortly before that: nats-server 2.9 may not say that a request's time is up, and
 * without one it delivers nothing.
 */
const patienceMs = 0.9 * expiresMs

/** How long what is under way may take to come in; a server that is still there but hangs would never say. */
const drainMs = 500

/** The consumer or the way to it is gone. */
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

/** 404 nothing there, 408 time is up, 409 with these words: just ask again. */
const isOrdinary = (code: number, description: string): boolean =>
  code === 404 || code === 408 || (code === 409 && /maxbytes|maxrequest|leadership|shutdown/i.test(description))

/**
 * Asks a consumer for messages, over and over, as long as the inbox has room for them. Fails when the consumer does not
 * answer as one, and runs `works` after each request that it did not refuse. Asks for no more than the inbox may have, so that a server with nothing to do gets the rest.
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
      // What is under way still comes in. Before anything is given back, the last request has to be over.
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
