import { NodeHttpTransportLayer } from "#node-http-transport"
import { Context, Effect, Formatter, Layer, type Scope } from "effect"
import { FetchTransportLayer } from "./FetchTransport.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import { InvalidTrackerConfig } from "./options.ts"
import { TrackerTransport } from "./Transport.ts"

/** What platforms tell of themselves. */
export interface PlatformGlobals {
  readonly process?: { readonly versions?: { readonly node?: string; readonly bun?: string } } | undefined
  readonly navigator?: { readonly userAgent?: string } | undefined
  readonly Deno?: unknown
}

/** Which transport fits a platform. Bun, Deno and Workers pretend to be Node; there `fetch` is at home. */
export const transportFor = ({ Deno, navigator, process }: PlatformGlobals): "node" | "fetch" =>
  typeof process?.versions?.node === "string" &&
    process.versions.bun === undefined &&
    Deno === undefined &&
    navigator?.userAgent !== "Cloudflare-Workers"
    ? "node"
    : "fetch"

// By a name that package.json gives another file outside of Node: whoever bundles core for browsers or Workers never
// meets what is Node's.
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

/** Opens the transport of a config; it closes with the scope. */
export const openTransport = (
  transport: HttpBatchTrackerConfig["transport"]
): Effect.Effect<TrackerTransport["Service"], InvalidTrackerConfig, Scope.Scope> =>
  layerOf(transport).pipe(
    Effect.flatMap(Layer.build),
    Effect.map(Context.get(TrackerTransport))
  )
