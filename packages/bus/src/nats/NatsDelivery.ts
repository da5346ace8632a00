import type { Msg } from "@nats-io/transport-node"
import { Effect } from "effect"
import type { Delivery } from "../EventBus.ts"
import { readHeaderBlock, type ReadHeaders } from "./headerBlock.ts"
import { headerBytes } from "./headerBytes.ts"

/** What a subscriber may say about a message, as the server reads it. */
const acknowledged = "+ACK"
const rejected = "+TERM"
const stillMine = "+WPI"
const again = (delayMs: number) => delayMs <= 0 ? "-NAK" : `-NAK ${JSON.stringify({ delay: delayMs * 1_000_000 })}`

/** How often a message was delivered, as its reply subject says: `$JS.ACK.<stream>.<consumer>.<count>.…`. */
const attemptOf = (reply: string): number => {
  const parts = reply.split(".")
  // Newer servers put domain and account behind `$JS.ACK`.
  return Number(parts[parts.length > 9 ? 6 : 4])
}

/** A message that the server has given to this subscriber, until it is settled. */
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

  /** Says that it is still worked on. */
  keep(): void {
    this.tell(this.reply, stillMine)
  }

  /** Gives it back. */
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
