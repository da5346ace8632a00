import { Effect, Schema } from "effect"

/** The demo cannot go on; the message is for the person before the screen. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", { message: Schema.String }) {}

/** Calls a client of promises; what it rejects with has a message that says what to do. */
export const calling = <A>(call: () => Promise<A>): Effect.Effect<A, DemoFailed> =>
  Effect.tryPromise({
    try: call,
    catch: (error) => new DemoFailed({ message: error instanceof Error ? error.message : String(error) })
  })
