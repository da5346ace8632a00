import { HttpApi } from "effect/http-api"
import { TrackerApi } from "../api/TrackerApi.ts"

const routes: Array<{ readonly method: string; readonly path: RegExp }> = []
const add = (method: string, path: string) => {
  const segments = path.split("/").map((segment) =>
    segment.startsWith(":") ? "[^/]+" : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  )
  routes.push({ method, path: new RegExp(`^${segments.join("/")}/?$`) })
}

HttpApi.reflect(TrackerApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => add(endpoint.method, endpoint.path)
})
add("GET", "/openapi.json")
add("GET", "/docs")

/** The methods that a path takes, as `Allow` lists them; empty when there is no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const [path = ""] = url.split("?")
  const methods = new Set(routes.filter((route) => route.path.test(path)).map((route) => route.method))
  // Whatever can be got answers HEAD as well.
  return [...methods, ...(methods.has("GET") ? ["HEAD"] : [])]
}
