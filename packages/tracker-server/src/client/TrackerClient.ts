import { Context, Effect, Layer, type Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"

/** The server and the credentials to use. */
export interface ClientOptions {
  /** The server's URL: `http://127.0.0.1:8084`. It may include a path prefix, such as a proxy's. */
  readonly url: string
  /**
   * The secret of an API key, which also determines the tenant. Without one, only unauthenticated routes can be used.
   */
  readonly apiKey?: string | Redacted.Redacted | undefined
}

/** Creates the client. Each route is a method derived from `TrackerApi`. */
export const make = ({ apiKey, url }: ClientOptions) =>
  Effect.map(
    HttpApiClient.make(TrackerApi, {
      baseUrl: url,
      transformClient: HttpClient.mapRequest((request) =>
        apiKey === undefined ? request : HttpClientRequest.bearerToken(request, apiKey)
      )
    }),
    (routes) => ({ ...routes, url })
  )

/**
 * The server's routes as effects: `client.query.plan({ params: { plan_id } })`. They fail with the problems declared by
 * the route, with `HttpClientError` if there was no response or an undeclared one, and with `SchemaError` if its fields
 * differ; `withClientErrors` maps all of these to `ClientError`.
 */
export class TrackerClient extends Context.Service<TrackerClient, Effect.Success<ReturnType<typeof make>>>()(
  "@durable-effect/tracker-server/TrackerClient"
) {
  static readonly layer = (options: ClientOptions): Layer.Layer<TrackerClient, never, HttpClient.HttpClient> =>
    Layer.effect(TrackerClient, make(options))
}
