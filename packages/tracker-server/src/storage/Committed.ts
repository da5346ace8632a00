import { Context } from "effect"

/** Called with a tenant right after events of it were committed in this process. Default: no listener. */
export const Committed = Context.Reference<(tenantId: string) => void>(
  "@durable-effect/tracker-server/storage/Committed",
  { defaultValue: () => () => {} }
)
