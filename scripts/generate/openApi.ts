import { TrackerApi } from "@durable-effect/tracker-server/api"
import { OpenApi } from "effect/http-api"

/** `docs/openapi.json`: the same document that a server answers at `/openapi.json`. */
export const openApiJson = (): string => `${JSON.stringify(OpenApi.fromApi(TrackerApi), null, 2)}\n`
