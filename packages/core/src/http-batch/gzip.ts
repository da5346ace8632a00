import { Effect } from "effect"
import type { TransportRequest } from "./Transport.ts"

/** Compresses a body with the platform's stream: it works off the main thread and is available on every platform. */
export const gzip = (body: TransportRequest["body"]): Effect.Effect<TransportRequest["body"]> =>
  Effect.promise(async () => {
    const packed = new Blob([...body]).stream().pipeThrough(new CompressionStream("gzip"))
    return [new Uint8Array(await new Response(packed).arrayBuffer())]
  })
