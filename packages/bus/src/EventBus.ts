import type { Array as Arr } from "effect"
import { Context, type Effect, type Scope } from "effect"
import type { PublishFailed } from "./PublishFailed.ts"

/** A message on the bus: headers and bytes. `cloudevents/` defines how an event is encoded as one. */
export interface Message {
  /** By name as sent. If a name was given twice, the first value counts. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Headers that cannot be parsed. */
export interface HeaderDamage {
  /** Why they cannot be parsed. */
  readonly detail: string
  /** The raw headers. */
  readonly bytes: Uint8Array
}

/**
 * A message delivered to a subscriber. It stays with this subscriber, for as long as necessary, until it is settled in
 * one of three ways. If it is unsettled when the subscription or its process ends, it goes to another subscriber of the
 * group.
 */
export interface Delivery extends Message {
  readonly topic: string
  /** Size of its headers and body, bytes. */
  readonly bytes: number
  /** 1 for the first delivery, incremented with each redelivery. */
  readonly attempt: number
  /** The damage, if the headers cannot be parsed; `headers` is then empty. */
  readonly damage: HeaderDamage | undefined
  /** Acknowledges the message. Never fails: if the bus cannot be told, the message is redelivered. */
  readonly acknowledge: Effect.Effect<void>
  /** Requests redelivery to any free subscriber of the group, after this many milliseconds or at once. */
  readonly retryLater: (delayMs?: number) => Effect.Effect<void>
  /** Rejects the message: it is never redelivered, since nobody can process it. */
  readonly reject: Effect.Effect<void>
}

export interface SubscriptionStatus {
  /** Messages of the topic that the group has not settled; null if the bus does not respond. */
  readonly lag: number | null
  /** Redeliveries to this subscriber. */
  readonly redeliveries: number
  /** Why nothing can be consumed despite a connection, and what to do about it; null if nothing is wrong. */
  readonly fault: string | null
}

/** How much to take at once. */
export interface TakeLimit {
  readonly count: number
  /** Bytes of headers and bodies; the first delivery may exceed it. */
  readonly bytes: number
}

export interface Subscription {
  /** Waits for a delivery, and returns it with all others available by then. */
  readonly take: (limit: TakeLimit) => Effect.Effect<Arr.NonEmptyReadonlyArray<Delivery>>
  readonly status: Effect.Effect<SubscriptionStatus>
}

/**
 * Port: carries messages from publishers to subscribers, who need not be connected at the time. Every group of
 * subscribers gets each message of its topic, including those published before it subscribed; within a group, one
 * subscriber gets it. Messages may arrive more than once and in any order.
 */
export class EventBus extends Context.Service<EventBus, {
  /**
   * Completes once the bus has stored the message. Messages of a topic with the same `id`, such as a retry, are stored
   * once if they arrive within minutes of each other.
   */
  readonly publish: (topic: string, id: string, message: Message) => Effect.Effect<void, PublishFailed>
  /**
   * Subscribes until the scope closes. Does not wait for the bus: while it is down, there is nothing to take.
   * @param group the group that shares the messages: replicas of one service use the same name, of letters, digits, `-`
   * and `_`
   */
  readonly subscribe: (topic: string, group: string) => Effect.Effect<Subscription, never, Scope.Scope>
  readonly isConnected: Effect.Effect<boolean>
}>()("@durable-effect/bus/EventBus") {}
