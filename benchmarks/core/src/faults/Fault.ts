import type { Endpoint } from "@durable-effect/test-support/endpoint"
import type { Duration, Effect } from "effect"
import type { ContenderName } from "../contenders/index.ts"

/** What goes wrong, and what is emitted meanwhile. */
export interface Fault {
  readonly name: string
  /** Head of its column. */
  readonly title: string
  readonly events: number
  /** 0: all at once, and closed at once. */
  readonly perSecond: number
  /** Indexes of events that are too large for the endpoint. */
  readonly oversized?: ReadonlyArray<number>
  /** How many events nobody could deliver. */
  readonly atFault: number
  /** Sets the endpoint up, before anything is emitted. */
  readonly prepare?: (endpoint: Endpoint) => Effect.Effect<void>
  /** Goes on while events are emitted. */
  readonly play?: (endpoint: Endpoint) => Effect.Effect<void>
  readonly contenders: ReadonlyArray<ContenderName>
  /** Of our own, those that may lose nothing but what is at fault. */
  readonly judged: ReadonlyArray<ContenderName>
  /** Longest that a run may take. */
  readonly timeout: Duration.Input
}
