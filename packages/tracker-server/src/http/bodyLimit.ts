import { ByteSize, Effect, type Layer } from "effect"
import { HttpIncomingMessage, HttpRouter } from "effect/http"
import { PayloadTooLarge } from "../api/errors.ts"

/** Bytes that a request's body may have where its route does not say otherwise. */
const maxBodyBytes = 64 * 1024

const maxBodySize = ByteSize.bytes(maxBodyBytes)

export const bodyTooLarge = new PayloadTooLarge({
  detail: `The body of a request to this route has at most ${maxBodyBytes} bytes.`,
  limit: maxBodyBytes
})

/** Reads no more of a body than a route can need, so that nobody fills the memory. Ingest has its own limit. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.middleware(
  (answer) => Effect.provideService(answer, HttpIncomingMessage.MaxBodySize, maxBodySize),
  { global: true }
)
