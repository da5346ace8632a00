import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** Adds `Link: <…>; rel="next"` where there is a next page: this request with the cursor changed. */
export const linked = <A extends { readonly next_cursor?: string }, E, R>(answer: Effect.Effect<A, E, R>) =>
  Effect.tap(answer, ({ next_cursor }) =>
    next_cursor === undefined
      ? Effect.void
      : HttpEffect.appendPreResponseHandler(({ originalUrl }, response) => {
        // The path alone: behind a proxy the address that we know is not the one that was asked.
        const url = originalUrl.replace(/^[a-z]+:\/\/[^/]*/, "")
        // The first question mark ends the path; further ones are the query's own.
        const end = url.indexOf("?")
        const [path, query] = end === -1 ? [url, ""] : [url.slice(0, end), url.slice(end + 1)]
        const params = new URLSearchParams(query)
        params.set("cursor", next_cursor)
        return Effect.succeed(
          HttpServerResponse.setHeader(response, "link", `<${path}?${params.toString()}>; rel="next"`)
        )
      }))
