import { OpenApi } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"
import { version } from "../version.ts"

/** Removes `additionalProperties: false` from a part of a document, at any depth. */
const open = (part: object): object =>
  Object.fromEntries(
    Object.entries(part).flatMap(([name, value]) =>
      name === "additionalProperties" && value === false ? [] : [[name, opened(value)]]
    )
  )

const opened = (part: unknown): unknown =>
  Array.isArray(part) ? part.map(opened) : typeof part === "object" && part !== null ? open(part) : part

/**
 * The API as documented: with the version of this package, which `src/api` cannot read. Clients generated from the
 * document must not reject fields that a later version adds.
 */
export const documentedApi = TrackerApi
  .annotate(OpenApi.Version, version)
  .annotate(OpenApi.Transform, open)
