import { Context, Effect, Layer, Option, Stream } from "effect"
import {
  FetchHttpClient,
  HttpBody,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
  HttpTraceContext
} from "effect/http"
import { describeThrown } from "./describeThrown.ts"
import { maxAnswerBytes, TrackerTransport, TransportFailed, type TransportRequest, wholeBody } from "./Transport.ts"

const failed = (error: HttpClientError.HttpClientError): TransportFailed =>
  new TransportFailed({ detail: describeThrown(error.cause ?? error) })

const toRequest = ({ body, headers, url }: TransportRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(url, { headers, body: HttpBody.uint8Array(wholeBody(body), headers["content-type"]) })

const readText = Effect.fnUntraced(function*(
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
) {
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  yield* Stream.runForEachWhile(response.stream, (chunk) =>
    Effect.sync(() => {
      bytes += chunk.length
      text += decoder.decode(chunk, { stream: true })
      return bytes < maxBytes
    })).pipe(
      // The readable part of a truncated body may say enough.
      Effect.catch((error) => text === "" ? Effect.fail(error) : Effect.void)
    )
  return text
})

/** A client may treat a status as an error, but there is a response all the same. */
const answerIn = (error: HttpClientError.HttpClientError) =>
  error.response === undefined ? Effect.fail(error) : Effect.succeed(error.response)

/**
 * Sends with Effect's `HttpClient`, for those who want its middleware: pass
 * `HttpClientTransportLayer.pipe(Layer.provide(…))` as the option `transport`. The client should neither retry nor
 * follow redirects, since the tracker handles both better; a `fetch`-based client is told not to follow them.
 */
export const HttpClientTransportLayer: Layer.Layer<TrackerTransport, never, HttpClient.HttpClient> = Layer.effect(
  TrackerTransport,
  Effect.map(Effect.context<HttpClient.HttpClient>(), (context) => {
    const client = HttpClient.withScope(Context.get(context, HttpClient.HttpClient))
    const init = Option.getOrElse(Context.getOption(context, FetchHttpClient.RequestInit), () => ({}))
    return {
      send: (given, onHead) => {
        const request = toRequest(given)
        // The client's span becomes a child of the emitter's, and is the one announced to the server.
        const emitter = HttpTraceContext.fromHeaders(request.headers)
        return client.execute(request).pipe(
          Effect.catch(answerIn),
          Option.isSome(emitter) ? Effect.withParentSpan(emitter.value) : (effect) => effect,
          Effect.provideService(FetchHttpClient.RequestInit, { ...init, redirect: "manual" }),
          Effect.flatMap((response) => {
            onHead({
              status: response.status,
              retryAfter: response.headers["retry-after"],
              contentType: response.headers["content-type"]
            })
            return readText(response, given.maxAnswerBytes ?? maxAnswerBytes)
          }),
          Effect.mapError(failed),
          Effect.scoped
        )
      }
    }
  })
)
