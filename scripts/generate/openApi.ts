import { documentedApi } from "@durable-effect/tracker-server"
import { OpenApi } from "effect/http-api"

/** `docs/openapi.json`: the same document that a server answers at `/openapi.json`. */
export const openApiJson = (): string => `${JSON.stringify(OpenApi.fromApi(documentedApi), null, 2)}\n`
