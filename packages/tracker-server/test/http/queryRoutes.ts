import { OpenApi } from "effect/http-api"
import { TrackerApi } from "../../src/api/TrackerApi.ts"

/** A route that asks, as the OpenAPI document has it. */
export interface QueryRoute {
  /** `/v1/tracker/plans/{plan_id}` */
  readonly path: string
  /** What it can be asked with, behind the question mark. */
  readonly query: ReadonlySet<string>
}

/** All routes under `/v1/tracker`, but the one that does not end. */
export const queryRoutes: ReadonlyArray<QueryRoute> = Object.entries(OpenApi.fromApi(TrackerApi).paths).flatMap(
  ([path, { get }]) =>
    get !== undefined && path.startsWith("/v1/tracker/") && !path.endsWith("/stream")
      ? [{
        path,
        query: new Set(
          get.parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name)
        )
      }]
      : []
)

/** The route's URL with these ids, and what else it needs to be asked. */
export const urlOf = (
  { path, query }: QueryRoute,
  ids: Readonly<Record<string, string>>,
  search: Readonly<Record<string, string>> = {}
): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name]
    if (id === undefined) throw new Error(`${path}: which ${name}?`)
    return encodeURIComponent(id)
  })
  const agent = query.has("agent_id") && path.includes("/metrics") ? { agent_id: ids["agent_id"] ?? "" } : {}
  const params = new URLSearchParams({ ...agent, ...search }).toString()
  return params === "" ? filled : `${filled}?${params}`
}
