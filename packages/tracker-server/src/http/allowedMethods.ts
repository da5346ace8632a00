import { HttpApi } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"

const routes: Array<{ readonly method: string; readonly template: string; readonly path: RegExp }> = []
const add = (method: string, path: string) => {
  const segments = path.split("/").map((segment) =>
    segment.startsWith(":") ? "[^/]+" : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  )
  routes.push({ method, template: path, path: new RegExp(`^${segments.join("/")}/?$`) })
}

HttpApi.reflect(TrackerApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => add(endpoint.method, endpoint.path)
})
add("GET", "/openapi.json")
add("GET", "/docs")
add("GET", "/")

/** Fast path: most requests are to routes without a parameter. */
const templates = new Map(routes.map(({ template }) => [template, template]))

const pathOf = (url: string): string => url.split("?", 1)[0] ?? ""

/** The route template of a URL, such as `/v1/tracker/plans/:plan_id`. */
export const routeOf = (url: string): string | undefined => {
  const path = pathOf(url)
  return templates.get(path) ?? routes.find((route) => route.path.test(path))?.template
}

/** The methods that a path accepts, as `Allow` lists them; empty if there is no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const path = pathOf(url)
  const methods = new Set(routes.filter((route) => route.path.test(path)).map((route) => route.method))
  // Every GET route also answers HEAD.
  return [...methods, ...(methods.has("GET") ? ["HEAD"] : [])]
}
