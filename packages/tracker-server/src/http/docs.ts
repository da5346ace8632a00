import { Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import { documentedApi } from "./documentedApi.ts"

const path = "/docs"

/**
 * The page is self-contained: script, style and document are inline. The policy lets the browser contact only this
 * server, whatever the script tries to fetch: fonts, proxies, registries.
 */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

const confined = HttpRouter.middleware(
  (answer) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
      url.split("?", 1)[0] === path
        ? Effect.map(answer, (response) => HttpServerResponse.setHeader(response, "content-security-policy", policy))
        : answer),
  { global: true }
)

const page = HttpApiScalar.layer(documentedApi, { path, scalar: { withDefaultFonts: false } })

/** Read when somebody first asks for it: its script would take 12 MB of every server's memory. */
const onDemand = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const handler = yield* Effect.cached(Scope.provide(HttpRouter.toHttpEffect(page), scope))
  yield* router.add("GET", path, Effect.orDie(Effect.flatten(handler)))
}))

/** The human-readable API documents, which need no other host. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = Layer.merge(confined, onDemand)
