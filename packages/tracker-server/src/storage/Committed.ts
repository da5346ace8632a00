import { Context } from "effect"

/** Told of a tenant right after events of it were committed here. Default: nobody listens. */
export const Committed = Context.Reference<(tenantId: string) => void>(
  "@durable-effect/tracker-server/storage/Committed",
  { defaultValue: () => () => {} }
)
