import { Effect, type Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { version } from "../version.ts"

/** Relative, so that they hold behind a proxy that serves us below a path. */
const documents = { documentation: "docs", openapi: "openapi.json" }

const headers = {
  vary: "Accept",
  // RFC 8631: how a program finds the description of an API.
  link: `<${documents.openapi}>; rel="service-desc", <${documents.documentation}>; rel="service-doc"`
}

const forPeople = HttpServerResponse.redirect(documents.documentation, { status: 302, headers })
const forPrograms = HttpServerResponse.jsonUnsafe({ name: "tracker-server", version, ...documents }, { headers })

/** `GET /`: a browser is led to the documentation, a program is told what this is and where its description is. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.add(
  "GET",
  "/",
  (request) => Effect.succeed(request.headers["accept"]?.includes("text/html") === true ? forPeople : forPrograms)
)
