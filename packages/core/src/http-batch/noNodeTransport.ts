import type { Layer } from "effect"
import type { TrackerTransport } from "./Transport.ts"

/** Replaces `NodeHttpTransport` in bundles that are not for Node, which have no such transport. */
export const NodeHttpTransportLayer: Layer.Layer<TrackerTransport> | undefined = undefined
