import { Context } from "effect"

/** What is known of the request that is being answered. */
export interface RequestInfo {
  /** Names it in its answer and in the log: the client's own `x-request-id` where that fits, else a new one. */
  readonly id: string
  /** Whose key it came with, once that is known. */
  tenantId: string | undefined
}

/** The request that runs; none outside of HTTP. */
export const CurrentRequest = Context.Reference<RequestInfo | undefined>(
  "@durable-effect/tracker-server/http/CurrentRequest",
  { defaultValue: () => undefined }
)
