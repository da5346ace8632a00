import type { Msg } from "@nats-io/transport-node"
import { Effect } from "effect"
import type { Delivery } from "../EventBus.ts"
import { readHeaderBlock, type ReadHeaders } from "./headerBlock.ts"
import { headerBytes } from "./headerBytes.ts"

/** A subscriber's replies about a message, in the server's protocol. */
const acknowledged = "+ACK"
const rejected = "+TERM"
const stillMine = "+WPI"
const again = (delayMs: number) => delayMs <= 0 ? "-NAK" : `-NAK ${JSON.stringify({ delay: delayMs * 1_000_000 })}`

/** How often a message was delivered, according to its reply subject: `$JS.ACK.<stream>.<consumer>.<count>.…`. */
const attemptOf = (reply: string): number => {
  const parts = reply.split(".")
  // Newer servers insert domain and account after `$JS.ACK`.
  return Number(parts[parts.length > 9 ? 6 : 4])
}

/** A message delivered to this subscriber, until it is settled. */
export class NatsDelivery implements Delivery {
  readonly topic: string
  readonly body: Uint8Array
  readonly bytes: number
  readonly attempt: number
  private readonly block: Uint8Array
  private read: ReadHeaders | undefined
  private readonly reply: string
  private readonly tell: (reply: string, answer: string) => void
  private readonly onSettled: (delivery: NatsDelivery) => void

  constructor(
    topic: string,
    message: Msg,
    tell: (reply: string, answer: string) => void,
    onSettled: (delivery: NatsDelivery) => void
  ) {
    this.topic = topic
    this.body = message.data
    this.block = headerBytes(message)
    this.bytes = this.block.length + this.body.length
    this.reply = message.reply ?? ""
    this.attempt = attemptOf(this.reply)
    this.tell = tell
    this.onSettled = onSettled
  }

  get headers(): Delivery["headers"] {
    return this.readOnce().headers
  }

  get damage(): Delivery["damage"] {
    return this.readOnce().damage
  }

  get acknowledge(): Effect.Effect<void> {
    return Effect.sync(() => this.settle(acknowledged))
  }

  get reject(): Effect.Effect<void> {
    return Effect.sync(() => this.settle(rejected))
  }

  retryLater(delayMs: number = 0): Effect.Effect<void> {
    return Effect.sync(() => this.settle(again(delayMs)))
  }

  /** Tells the server that it is still being processed. */
  keep(): void {
    this.tell(this.reply, stillMine)
  }

  /** Returns it to the server. */
  release(): void {
    this.settle(again(0))
  }

  private readOnce(): ReadHeaders {
    return this.read ??= readHeaderBlock(this.block)
  }

  private settle(answer: string): void {
    this.tell(this.reply, answer)
    this.onSettled(this)
  }
}
