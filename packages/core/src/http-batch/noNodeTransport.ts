import type { Layer } from "effect"
import type { TrackerTransport } from "./Transport.ts"

/** In the place of `NodeHttpTransport` where a bundle is not made for Node: there is none. */
export const NodeHttpTransportLayer: Layer.Layer<TrackerTransport> | undefined = undefined
