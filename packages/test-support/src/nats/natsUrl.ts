import { Effect, type Scope } from "effect"
import { natsServer } from "./NatsServer.ts"

/** An existing server with JetStream that tests may use but not stop. */
export const givenUrl = (): string | undefined => process.env["NATS_URL"] || undefined

/** The URL of a NATS server: `NATS_URL` if set, otherwise a private one in this scope. */
export const natsUrl: Effect.Effect<string, never, Scope.Scope> = Effect.suspend(() => {
  const given = givenUrl()
  return given === undefined ? Effect.map(natsServer, ({ url }) => url) : Effect.succeed(given)
})
