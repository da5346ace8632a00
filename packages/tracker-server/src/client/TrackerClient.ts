import { Context, Effect, Layer, type Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"

/** Which server is asked, and as whom. */
export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:8084`. A path before its routes, such as a proxy's, may stand behind. */
  readonly url: string
  /** The secret of an API key, which also says whose data is meant. Without one only what is open to all can be asked. */
  readonly apiKey?: string | Redacted.Redacted | undefined
}

/** Asks a server. Each route is a method that derives from `TrackerApi`. */
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
 * The server's routes as effects: `client.query.plan({ params: { plan_id } })`. They fail with the problems that the
 * route has, with `HttpClientError` where no answer came or another one, and with `SchemaError` where it has other fields;
 * `withClientErrors` says each of them in our own words.
 */
export class TrackerClient extends Context.Service<TrackerClient, Effect.Success<ReturnType<typeof make>>>()(
  "@durable-effect/tracker-server/TrackerClient"
) {
  static readonly layer = (options: ClientOptions): Layer.Layer<TrackerClient, never, HttpClient.HttpClient> =>
    Layer.effect(TrackerClient, make(options))
}
