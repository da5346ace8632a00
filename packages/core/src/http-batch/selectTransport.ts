import { NodeHttpTransportLayer } from "#node-http-transport"
import { Context, Effect, Formatter, Layer, type Scope } from "effect"
import { FetchTransportLayer } from "./FetchTransport.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import { InvalidTrackerConfig } from "./options.ts"
import { TrackerTransport } from "./Transport.ts"

/** How platforms identify themselves. */
export interface PlatformGlobals {
  readonly process?: { readonly versions?: { readonly node?: string; readonly bun?: string } } | undefined
  readonly navigator?: { readonly userAgent?: string } | undefined
  readonly Deno?: unknown
}

/** The transport that suits a platform. Bun, Deno and Workers imitate Node, but `fetch` is native to them. */
export const transportFor = ({ Deno, navigator, process }: PlatformGlobals): "node" | "fetch" =>
  typeof process?.versions?.node === "string" &&
    process.versions.bun === undefined &&
    Deno === undefined &&
    navigator?.userAgent !== "Cloudflare-Workers"
    ? "node"
    : "fetch"

// Imported by a name that package.json maps to another file outside Node, so that bundles for browsers and Workers
// contain nothing specific to Node.
const nodeTransport = (): Layer.Layer<TrackerTransport> | undefined => NodeHttpTransportLayer

const invalid = (transport: unknown, allowed: string) =>
  new InvalidTrackerConfig({ option: "transport", value: Formatter.format(transport), allowed })

const layerOf = Effect.fnUntraced(function*(
  transport: HttpBatchTrackerConfig["transport"]
): Effect.fn.Return<Layer.Layer<TrackerTransport>, InvalidTrackerConfig> {
  switch (transport) {
    case undefined:
      return (transportFor(globalThis) === "node" ? nodeTransport() : undefined) ?? FetchTransportLayer
    case "node":
      return nodeTransport() ?? (yield* invalid(transport, "\"fetch\" where nothing of Node is bundled"))
    case "fetch":
      return FetchTransportLayer
    default:
      return Layer.isLayer(transport)
        ? transport
        : yield* invalid(transport, "\"node\", \"fetch\" or a Layer of TrackerTransport")
  }
})

/** Opens the configured transport; it closes with the scope. */
export const openTransport = (
  transport: HttpBatchTrackerConfig["transport"]
): Effect.Effect<TrackerTransport["Service"], InvalidTrackerConfig, Scope.Scope> =>
  layerOf(transport).pipe(
    Effect.flatMap(Layer.build),
    Effect.map(Context.get(TrackerTransport))
  )
