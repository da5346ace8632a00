import { Effect, type Scope } from "effect"
import { natsServer } from "./NatsServer.ts"

/** A server with JetStream that is there already, and that tests may use but not stop. */
export const givenUrl = (): string | undefined => process.env["NATS_URL"] || undefined

/** Where a NATS server is: at `NATS_URL` where that is set, else one of this scope's own. */
export const natsUrl: Effect.Effect<string, never, Scope.Scope> = Effect.suspend(() => {
  const given = givenUrl()
  return given === undefined ? Effect.map(natsServer, ({ url }) => url) : Effect.succeed(given)
})
