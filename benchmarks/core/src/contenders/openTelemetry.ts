import { diag, DiagLogLevel } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, BatchSpanProcessor, type BufferConfig } from "@opentelemetry/sdk-trace-base"
import { Effect } from "effect"
import { attributesOf, origin } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

const ignore = () => undefined

/** Counts what its diagnostics say. They are off unless an application sets a logger, as this does. */
const listen = () => {
  const heard = { toldLost: 0, warnings: 0 }
  const hear = (message: string) => {
    const dropped = /Dropped (\d+) spans/.exec(message)
    if (dropped === null) heard.warnings += 1
    else heard.toldLost += Number(dropped[1])
  }
  diag.setLogger({ error: hear, warn: hear, info: ignore, debug: ignore, verbose: ignore }, {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true
  })
  return heard
}

/**
 * OpenTelemetry's SDK: a span an event, BatchSpanProcessor, OTLP/HTTP with JSON over `node:http`, whose connections are
 * kept by default. `config` on top of its defaults: 512 spans a batch, a queue of 2,048.
 */
export const openTelemetry = (config: BufferConfig): Open => (url) =>
  Effect.sync(() => {
    const heard = listen()
    const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }), config)
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        "service.name": origin.serviceKey,
        "deployment.environment.name": origin.env
      }),
      spanProcessors: [processor]
    })
    const tracer = provider.getTracer("benchmark")
    const loaded = new Loaded((event) => ({ name: event.type, options: { attributes: attributesOf(event) } }))
    const attempt = (promise: () => Promise<void>) =>
      Effect.tryPromise(promise).pipe(Effect.orElseSucceed(() => {
        heard.warnings += 1
      }))
    return {
      load: loaded.load,
      emit: {
        kind: "call",
        at: (index) => {
          const { name, options } = loaded.at(index)
          tracer.startSpan(name, options).end()
        }
      },
      flush: attempt(() => processor.forceFlush()),
      close: attempt(() => provider.shutdown()),
      account: Effect.sync(() => ({ ...heard }))
    } satisfies Client
  })
