import { Effect, Layer } from "effect"
import { maxAnswerBytes, TrackerTransport, transportFailed } from "./Transport.ts"

const readText = async (response: Response): Promise<string> => {
  if (response.body === null) return ""
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  for (let bytes = 0; bytes < maxAnswerBytes;) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.length
    text += decoder.decode(value, { stream: true })
  }
  return text
}

/** Sends with the platform's `fetch`: browsers, Workers, Deno, Bun, Node. */
export const FetchTransportLayer: Layer.Layer<TrackerTransport> = Layer.succeed(TrackerTransport, {
  send: (request) =>
    Effect.gen(function*() {
      const { signal } = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const response = yield* Effect.tryPromise({
        try: () =>
          fetch(request.url, {
            method: "POST",
            headers: request.headers,
            body: request.body,
            redirect: "manual",
            signal
          }),
        catch: transportFailed
      })
      return {
        status: response.status,
        retryAfter: response.headers.get("retry-after") ?? undefined,
        contentType: response.headers.get("content-type") ?? undefined,
        text: Effect.tryPromise({ try: () => readText(response), catch: transportFailed })
      }
    })
})
