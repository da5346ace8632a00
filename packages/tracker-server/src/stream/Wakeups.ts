import { Context, type Effect, type Scope } from "effect"

/** Wakes those waiting for a tenant's events, or for any tenant's if none is named. Hints may be spurious or lost. */
export type Wake = (tenantId: string | undefined) => void

/** Port: hints that there may be new events, from this server and from others on the same database. */
export class Wakeups extends Context.Service<Wakeups, {
  /** Calls `wake` with each hint until the scope closes. */
  readonly listen: (wake: Wake) => Effect.Effect<void, never, Scope.Scope>
}>()("@durable-effect/tracker-server/Wakeups") {}
