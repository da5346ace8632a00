import type { Array as Arr } from "effect"
import { Context, type Effect, type Scope } from "effect"
import type { PublishFailed } from "./PublishFailed.ts"

/** What travels: some named texts, and bytes. `cloudevents/` says how an event is written as one. */
export interface Message {
  /** By their names as they were sent. Of a name that was given twice the first counts. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Headers that cannot be read. */
export interface HeaderDamage {
  /** Why. */
  readonly detail: string
  /** The headers as they came. */
  readonly bytes: Uint8Array
}

/**
 * A message as a subscriber has it. It stays this subscriber's, for as long as it takes, until it is settled in one of
 * three ways. What is not settled when the subscription or its process ends goes to another subscriber of the group.
 */
export interface Delivery extends Message {
  readonly topic: string
  /** What it takes: its headers and its body. */
  readonly bytes: number
  /** 1 at first, one more each time it is delivered again. */
  readonly attempt: number
  /** What came instead of headers, where they cannot be read; `headers` are empty then. */
  readonly damage: HeaderDamage | undefined
  /** It is done with. Never fails: where the bus cannot be told, the message is delivered once more. */
  readonly acknowledge: Effect.Effect<void>
  /** It shall be delivered again, to whoever of the group is free; after some milliseconds, or at once. */
  readonly retryLater: (delayMs?: number) => Effect.Effect<void>
  /** It shall not be delivered again, since nobody can do anything with it. */
  readonly reject: Effect.Effect<void>
}

export interface SubscriptionStatus {
  /** Messages of the topic that the group is not done with; null when the bus does not answer. */
  readonly lag: number | null
  /** Deliveries to this subscriber of what had been delivered before. */
  readonly redeliveries: number
  /** Why nothing can be taken although there is a connection, and what to do; null where nothing is wrong. */
  readonly fault: string | null
}

/** How much to take at once. */
export interface TakeLimit {
  readonly count: number
  /** Bytes of headers and bodies; the first delivery may have more. */
  readonly bytes: number
}

export interface Subscription {
  /** Waits for a delivery, and answers it with all others that are there by then. */
  readonly take: (limit: TakeLimit) => Effect.Effect<Arr.NonEmptyReadonlyArray<Delivery>>
  readonly status: Effect.Effect<SubscriptionStatus>
}

/**
 * Port. Carries messages from those who publish to those who subscribe, who need not be there at the time. Every group of
 * subscribers gets each message of its topic, the ones from before it subscribed included; within a group one of them
 * gets it. Messages may come more than once and in any order.
 */
export class EventBus extends Context.Service<EventBus, {
  /**
   * Ends once the bus keeps the message. Messages of a topic with one `id`, such as the same one sent again, are kept
   * once, as far as they come within minutes of each other.
   */
  readonly publish: (topic: string, id: string, message: Message) => Effect.Effect<void, PublishFailed>
  /**
   * Subscribes until the scope closes. Does not wait for the bus: while it is away there is nothing to take.
   * @param group who share the messages: replicas of one service give the same name, of letters, digits, `-` and `_`
   */
  readonly subscribe: (topic: string, group: string) => Effect.Effect<Subscription, never, Scope.Scope>
  readonly isConnected: Effect.Effect<boolean>
}>()("@durable-effect/bus/EventBus") {}
