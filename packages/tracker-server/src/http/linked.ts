import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** Adds `Link: <…>; rel="next"` if there is a next page: this request's URL with the cursor replaced. */
export const linked = <A extends { readonly next_cursor?: string }, E, R>(answer: Effect.Effect<A, E, R>) =>
  Effect.tap(answer, ({ next_cursor }) =>
    next_cursor === undefined
      ? Effect.void
      : HttpEffect.appendPreResponseHandler(({ originalUrl }, response) => {
        // Only the path: behind a proxy, the address we know is not the one the client used.
        const url = originalUrl.replace(/^[a-z]+:\/\/[^/]*/, "")
        // The first question mark ends the path; any others belong to the query.
        const end = url.indexOf("?")
        const [path, query] = end === -1 ? [url, ""] : [url.slice(0, end), url.slice(end + 1)]
        const params = new URLSearchParams(query)
        params.set("cursor", next_cursor)
        return Effect.succeed(
          HttpServerResponse.setHeader(response, "link", `<${path}?${params.toString()}>; rel="next"`)
        )
      }))
