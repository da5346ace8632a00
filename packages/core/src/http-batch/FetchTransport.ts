import { Effect, Layer } from "effect"
import { maxAnswerBytes, TrackerTransport, transportFailed, type TransportRequest, wholeBody } from "./Transport.ts"

const readText = async (response: Response, maxBytes: number): Promise<string> => {
  if (Number(response.headers.get("content-length") ?? Infinity) <= maxBytes) return response.text()
  if (response.body === null) return ""
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  try {
    for (let bytes = 0; bytes < maxBytes;) {
      const { done, value } = await reader.read()
      if (done) return text
      bytes += value.length
      text += decoder.decode(value, { stream: true })
    }
    await reader.cancel()
  } catch (thrown) {
    if (text === "") throw thrown // the readable part of a truncated body may say enough
  }
  return text
}

const utf8 = new TextDecoder()

/** `fetch` copies a binary body once more, which costs more than converting it to text. */
const bodyOf = ({ body, headers }: TransportRequest) =>
  "content-encoding" in headers ? wholeBody(body) : body.map((piece) => utf8.decode(piece)).join("")

/** Sends with the platform's `fetch`: browsers, Workers, Deno, Bun, Node. */
export const FetchTransportLayer: Layer.Layer<TrackerTransport> = Layer.succeed(TrackerTransport, {
  send: (request, onHead) =>
    Effect.callback((resume, signal) => {
      const { headers, maxAnswerBytes: maxBytes = maxAnswerBytes, url } = request
      const exchange = async () => {
        const response = await fetch(url, {
          method: "POST",
          headers,
          body: bodyOf(request),
          redirect: "manual",
          signal
        })
        onHead({
          status: response.status,
          retryAfter: response.headers.get("retry-after") ?? undefined,
          contentType: response.headers.get("content-type") ?? undefined
        })
        return readText(response, maxBytes)
      }
      exchange().then(
        (text) => resume(Effect.succeed(text)),
        (thrown: unknown) => resume(Effect.fail(transportFailed(thrown)))
      )
    })
})
