import { Context, Effect, Exit, Layer, Logger, References, Scope, Tracer } from "effect"
import { FetchHttpClient } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { attributesOf, origin } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** Effect's own OTLP exporter, a span an event, JSON over fetch; 1,000 spans a batch and no bound to what it holds. */
export const effectOtlp: Open = Effect.fnUntraced(function*(url) {
  const scope = yield* Scope.make()
  let warnings = 0
  // It logs at level Debug that it gives up, which nobody sees by default.
  const logger = Logger.make(() => {
    warnings += 1
  })
  const layer = OtlpTracer.layer({
    url: `${url}/v1/traces`,
    resource: { serviceName: origin.serviceKey, attributes: { "deployment.environment.name": origin.env } }
  }).pipe(
    Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer]),
    Layer.provide(Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Debug")))
  )
  const services = yield* Layer.buildWithScope(layer, scope)
  const tracer = Context.get(services, Tracer.Tracer)
  const { flush } = Context.get(services, OtlpExporter.Flusher)
  const loaded = new Loaded((event) => ({ name: event.type, options: { root: true, attributes: attributesOf(event) } }))
  return {
    load: loaded.load,
    emit: {
      kind: "effect",
      at: (index) => {
        const { name, options } = loaded.at(index)
        return Effect.withSpan(Effect.void, name, options)
      }
    },
    flush,
    close: Scope.close(scope, Exit.void),
    account: Effect.sync(() => ({ toldLost: 0, warnings })),
    around: (effect) => Effect.withTracer(effect, tracer)
  } satisfies Client
})
