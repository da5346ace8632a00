import { Context, type Effect, type Scope } from "effect"

/** Wakes whoever waits for a tenant's events; of all tenants where none is named. May come for nothing, or not at all. */
export type Wake = (tenantId: string | undefined) => void

/** Port. Hints that there may be new events, from this server and from others on the same database. */
export class Wakeups extends Context.Service<Wakeups, {
  /** Calls `wake` with each hint until the scope closes. */
  readonly listen: (wake: Wake) => Effect.Effect<void, never, Scope.Scope>
}>()("@durable-effect/tracker-server/Wakeups") {}
