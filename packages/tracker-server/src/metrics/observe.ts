import { Context, Effect, Metric, type Scope } from "effect"

/** The context whose registry holds the metrics. */
export const metricContext: Effect.Effect<Context.Context<never>> = Effect.map(
  Metric.MetricRegistry,
  (registry) => Context.make(Metric.MetricRegistry, registry)
)

const nothing = () => {}

const registered = <Input, State>(metric: Metric.Metric<Input, State>, get: () => State) =>
  Effect.acquireRelease(
    Effect.map(metricContext, (context) =>
      Metric.registerUnsafe(metric, context, { get, update: nothing, modify: nothing })),
    (registration) =>
      Effect.sync(registration.remove)
  )

/** Reports a value that is read on demand, until the scope closes. */
export const observe = (metric: Metric.Gauge<number>, read: () => number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(registered(metric, () => ({ value: read() })))

/** `observe` for a value that only grows. */
export const observeTotal = (
  metric: Metric.Counter<number>,
  read: () => number
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(registered(metric, () => ({ count: read(), incremental: true })))
