import { Effect } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { TrackerApi } from "../../src/api/index.ts"

/** The typed client of a server. */
export const clientOf = (url: string, secret: string) =>
  HttpApiClient.make(TrackerApi, {
    baseUrl: url,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(secret))
  }).pipe(Effect.provide(FetchHttpClient.layer))
