import { OpenApi } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"
import { version } from "../version.ts"

/** The API as its documents show it: with the version of this package, which `src/api` is not able to read. */
export const documentedApi = TrackerApi.annotate(OpenApi.Version, version)
