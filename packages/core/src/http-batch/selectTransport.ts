import { Context, Effect, Formatter, Layer, type Scope } from "effect"
import { FetchTransportLayer } from "./FetchTransport.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import { InvalidTrackerConfig } from "./options.ts"
import { TrackerTransport } from "./Transport.ts"

/** Workers can pretend to be Node; there `fetch` is what works everywhere. */
const runsOnNode = (): boolean =>
  typeof globalThis.process?.versions?.node === "string" &&
  globalThis.navigator?.userAgent !== "Cloudflare-Workers"

// Imported only when asked for, and by a name that package.json gives another file outside of Node: whoever bundles
// core for browsers or Workers never meets Node's own modules.
const nodeTransport: Effect.Effect<Layer.Layer<TrackerTransport> | undefined> = Effect.map(
  Effect.promise(() => import("#node-http-transport")),
  (module) => module.NodeHttpTransportLayer
)

const invalid = (transport: unknown, allowed: string) =>
  new InvalidTrackerConfig({ option: "transport", value: Formatter.format(transport), allowed })

const layerOf = Effect.fnUntraced(function*(
  transport: HttpBatchTrackerConfig["transport"]
): Effect.fn.Return<Layer.Layer<TrackerTransport>, InvalidTrackerConfig> {
  switch (transport) {
    case undefined:
      return (runsOnNode() ? yield* nodeTransport : undefined) ?? FetchTransportLayer
    case "node":
      return (yield* nodeTransport) ?? (yield* invalid(transport, "\"fetch\" where nothing of Node is bundled"))
    case "fetch":
      return FetchTransportLayer
    default:
      return Layer.isLayer(transport)
        ? transport
        : yield* invalid(transport, "\"node\", \"fetch\" or a Layer of TrackerTransport")
  }
})

/** Opens the transport of a config; it closes with the scope. */
export const openTransport = (
  transport: HttpBatchTrackerConfig["transport"]
): Effect.Effect<TrackerTransport["Service"], InvalidTrackerConfig, Scope.Scope> =>
  layerOf(transport).pipe(
    Effect.flatMap(Layer.build),
    Effect.map(Context.get(TrackerTransport))
  )
