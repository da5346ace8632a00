import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** Adds `Link: <…>; rel="next"` where there is a next page: this request with the cursor changed. */
export const linked = <A extends { readonly next_cursor?: string }, E, R>(answer: Effect.Effect<A, E, R>) =>
  Effect.tap(answer, ({ next_cursor }) =>
    next_cursor === undefined
      ? Effect.void
      : HttpEffect.appendPreResponseHandler(({ originalUrl }, response) => {
        // The path alone: behind a proxy the address that we know is not the one that was asked.
        const [path = "", query] = originalUrl.replace(/^[a-z]+:\/\/[^/]*/, "").split("?", 2)
        const params = new URLSearchParams(query)
        params.set("cursor", next_cursor)
        return Effect.succeed(
          HttpServerResponse.setHeader(response, "link", `<${path}?${params.toString()}>; rel="next"`)
        )
      }))
