import { Effect, Layer } from "effect"
import { maxAnswerBytes, TrackerTransport, transportFailed, wholeBody } from "./Transport.ts"

const readText = async (response: Response): Promise<string> => {
  if (Number(response.headers.get("content-length") ?? Infinity) <= maxAnswerBytes) return response.text()
  if (response.body === null) return ""
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  for (let bytes = 0; bytes < maxAnswerBytes;) {
    const { done, value } = await reader.read()
    if (done) return text
    bytes += value.length
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}

/** Sends with the platform's `fetch`: browsers, Workers, Deno, Bun, Node. */
export const FetchTransportLayer: Layer.Layer<TrackerTransport> = Layer.succeed(TrackerTransport, {
  send: ({ body, headers, url }) =>
    Effect.suspend(() => {
      const controller = new AbortController()
      let isRead = false
      // Giving up what is over already would cost as much as a third of the request.
      const giveUp = Effect.sync(() => {
        if (!isRead) controller.abort()
      })
      const request = {
        method: "POST",
        headers,
        body: wholeBody(body),
        redirect: "manual",
        signal: controller.signal
      } as const
      return Effect.addFinalizer(() => giveUp).pipe(
        Effect.andThen(Effect.tryPromise({ try: () => fetch(url, request), catch: transportFailed })),
        Effect.map((response) => ({
          status: response.status,
          retryAfter: response.headers.get("retry-after") ?? undefined,
          contentType: response.headers.get("content-type") ?? undefined,
          text: Effect.tryPromise({ try: () => readText(response), catch: transportFailed }).pipe(
            Effect.tap(() =>
              Effect.sync(() => {
                isRead = true
              })
            )
          )
        }))
      )
    })
})
