import type { Effect, Scope } from "effect"
import type { BenchEvent } from "../event.ts"

/** How a client takes an event: by a plain call, or as an effect in the emitter's fiber. */
export type Emit =
  | { readonly kind: "call"; readonly at: (index: number) => void }
  | { readonly kind: "effect"; readonly at: (index: number) => Effect.Effect<void> }

/** What a client itself says of losses, to whoever listens to all that it offers. */
export interface Account {
  /** Events that it counts as lost. */
  readonly toldLost: number
  /** Warnings and errors that name no count. */
  readonly warnings: number
  /** Events that it counts as delivered, by clients that count them. */
  readonly toldDelivered?: number
  /** Events that it counts as emitted, by clients that count them. */
  readonly toldEmitted?: number
}

/** A library under test, ready to emit. */
export interface Client {
  /** Turns events into what the library takes. Not measured: whoever emits has them at hand. */
  readonly load: (events: ReadonlyArray<BenchEvent>) => void
  /** Emits the loaded event at an index. */
  readonly emit: Emit
  /** Sends the loaded events `from` … `to - 1` and resolves when all are answered: a bare loop, with no client around it. */
  readonly sendAll?: (from: number, to: number) => Effect.Effect<void>
  /** Sends what waits, as the library offers it. */
  readonly flush: Effect.Effect<void>
  /** Ends in the way that the library's documentation asks for, so that nothing should be lost. */
  readonly close: Effect.Effect<void>
  readonly account: Effect.Effect<Account>
  /** Puts around the emitting fiber what the library needs there. */
  readonly around?: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Opens a client that sends to `url`, an origin such as `http://127.0.0.1:8084`. */
export type Open = (url: string) => Effect.Effect<Client, never, Scope.Scope>
