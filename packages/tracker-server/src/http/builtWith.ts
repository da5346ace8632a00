import { type Context, Effect, Layer } from "effect"

/**
 * Builds a layer with only some of the services around it. A group of handlers keeps all that it was built with, and
 * copies it into the fiber of each request, where it stays as long as the request.
 */
export const builtWith =
  <R>(narrow: (context: Context.Context<R>) => Context.Context<R>) =>
  <A, E>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
    Layer.fromBuild((memoMap, scope) => Effect.updateContext(Layer.buildWithMemoMap(layer, memoMap, scope), narrow))
