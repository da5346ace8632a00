import { Effect } from "effect"
import type { TransportRequest } from "./Transport.ts"

/** Packs a body. The platform's stream does it off the main thread, and is the one way that every platform has. */
export const gzip = (body: TransportRequest["body"]): Effect.Effect<TransportRequest["body"]> =>
  Effect.promise(async () => {
    const packed = new Blob([...body]).stream().pipeThrough(new CompressionStream("gzip"))
    return [new Uint8Array(await new Response(packed).arrayBuffer())]
  })
