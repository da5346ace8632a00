import { Context } from "effect"

/** What is known about the current request. */
export interface RequestInfo {
  /** Identifies it in its response and in the log: the client's own `x-request-id` if usable, otherwise a new one. */
  readonly id: string
  /** The tenant of its key, once known. */
  tenantId: string | undefined
}

/** The current request; `undefined` outside HTTP. */
export const CurrentRequest = Context.Reference<RequestInfo | undefined>(
  "@durable-effect/tracker-server/http/CurrentRequest",
  { defaultValue: () => undefined }
)
