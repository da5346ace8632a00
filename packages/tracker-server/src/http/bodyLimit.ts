import { ByteSize, Effect, type Layer } from "effect"
import { HttpIncomingMessage, HttpRouter } from "effect/http"
import { PayloadTooLarge } from "../api/errors.ts"

/** Default limit of a request body in bytes, for routes that set none of their own. */
const maxBodyBytes = 64 * 1024

const maxBodySize = ByteSize.bytes(maxBodyBytes)

export const bodyTooLarge = new PayloadTooLarge({
  detail: `The body of a request to this route may have at most ${maxBodyBytes} bytes.`,
  limit: maxBodyBytes
})

/** Limits request bodies so that nobody can exhaust memory. Ingest has its own limit. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.middleware(
  (answer) => Effect.provideService(answer, HttpIncomingMessage.MaxBodySize, maxBodySize),
  { global: true }
)
