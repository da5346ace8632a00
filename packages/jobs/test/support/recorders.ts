import { Context, Effect, Exit, Layer, Logger, Metric, Option, References, Tracer } from "effect"

const errorOf = (span: Tracer.NativeSpan): Error | undefined => {
  if (span.status._tag !== "Ended" || Exit.isSuccess(span.status.exit)) return undefined
  const error = Option.getOrUndefined(Exit.findErrorOption(span.status.exit))
  return error instanceof Error ? error : new Error(String(error))
}

/** A tracer, and the spans that it was asked for. */
export const recordSpans = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  /** Of the spans of a name: where they are, and how they ended. */
  const named = (name: string) =>
    spans.filter((span) => span.name === name).map((span) => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: Option.getOrUndefined(span.parent)?.spanId,
      sampled: span.sampled,
      kind: span.kind,
      attributes: Object.fromEntries(span.attributes),
      isEnded: span.status._tag === "Ended",
      error: errorOf(span)
    }))
  return { named, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

/** A logger, and the lines that it was given with what they are annotated with. */
export const recordLog = () => {
  const lines: Array<{ readonly message: string; readonly annotations: Readonly<Record<string, unknown>> }> = []
  const logger = Logger.make(({ fiber, message }) => {
    lines.push({
      message: Array.isArray(message) ? String(message[0]) : String(message),
      annotations: fiber.getRef(References.CurrentLogAnnotations)
    })
  })
  return {
    lines,
    layer: Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  }
}

/** A registry of metrics that is the test's alone. */
export const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideContext(effect, Context.make(Metric.MetricRegistry, new Map())))

/** What the metrics of jobs say now, by name and what distinguishes them; of a histogram, count and sum. */
export const readMetrics = Effect.map(Effect.context(), (context) => {
  const values: Record<string, unknown> = {}
  for (const { attributes, id, state } of Metric.snapshotUnsafe(context)) {
    if (!id.startsWith("durable_effect.jobs.")) continue
    const { unit: _unit, ...others } = attributes ?? {}
    const name = [id.slice("durable_effect.jobs.".length), ...Object.values(others)].join(" ")
    if ("buckets" in state) values[name] = { count: state.count, sum: state.sum }
    else if ("count" in state) values[name] = Number(state.count)
    else if ("value" in state) values[name] = Number(state.value)
  }
  return values
})
