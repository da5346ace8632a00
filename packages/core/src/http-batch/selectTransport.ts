import { Context, Effect, Formatter, Layer, type Scope } from "effect"
import { FetchTransportLayer } from "./FetchTransport.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import { InvalidTrackerConfig } from "./options.ts"
import { TrackerTransport } from "./Transport.ts"

/** Workers can pretend to be Node; there `fetch` is what works everywhere. */
const runsOnNode = (): boolean =>
  typeof globalThis.process?.versions?.node === "string" &&
  globalThis.navigator?.userAgent !== "Cloudflare-Workers"

// Imported only when asked for: whoever loads core in a browser or a Worker never loads Node's own modules.
const nodeTransport = Effect.map(
  Effect.promise(() => import("./NodeHttpTransport.ts")),
  (module) => module.NodeHttpTransportLayer
)

const layerOf = Effect.fnUntraced(function*(
  transport: HttpBatchTrackerConfig["transport"]
): Effect.fn.Return<Layer.Layer<TrackerTransport>, InvalidTrackerConfig> {
  const chosen = transport ?? (runsOnNode() ? "node" : "fetch")
  if (chosen === "node") return yield* nodeTransport
  if (chosen === "fetch") return FetchTransportLayer
  if (Layer.isLayer(chosen)) return chosen
  return yield* new InvalidTrackerConfig({
    option: "transport",
    value: Formatter.format(chosen),
    allowed: "\"node\", \"fetch\" or a Layer of TrackerTransport"
  })
})

/** Opens the transport of a config; it closes with the scope. */
export const openTransport = (
  transport: HttpBatchTrackerConfig["transport"]
): Effect.Effect<TrackerTransport["Service"], InvalidTrackerConfig, Scope.Scope> =>
  layerOf(transport).pipe(
    Effect.flatMap(Layer.build),
    Effect.map(Context.get(TrackerTransport))
  )
