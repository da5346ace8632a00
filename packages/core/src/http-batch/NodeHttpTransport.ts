import { Effect, Layer } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import {
  bytesOfBody,
  maxAnswerBytes,
  TrackerTransport,
  TransportFailed,
  transportFailed,
  type TransportRequest,
  type TransportResponse
} from "./Transport.ts"

/** Reads the body from the moment on that somebody wants it. */
const readText = (response: Http.IncomingMessage): Effect.Effect<string, TransportFailed> =>
  Effect.callback((resume) => {
    let text = ""
    const end = () => resume(Effect.succeed(text))
    response.setEncoding("utf8")
    response.on("data", (chunk: string) => {
      text += chunk
      if (text.length >= maxAnswerBytes) end()
    })
    response.on("end", end)
    response.on("close", () => {
      if (!response.complete) resume(Effect.fail(new TransportFailed({ detail: "the answer broke off" })))
    })
  })

/** Where requests go, taken apart once: a third of what a small request costs is reading its URL. */
const targetOf = (url: string, pool: { readonly http: Http.Agent; readonly https: Https.Agent }) => {
  const { hostname, pathname, port, protocol, search } = new URL(url)
  return {
    url,
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"), // a URL writes an IPv6 address in brackets, a socket does not
    port,
    path: pathname + search,
    method: "POST",
    agent: protocol === "https:" ? pool.https : pool.http
  }
}

/** The connections of one tracker. */
const connect = () => {
  const pool = { http: new Http.Agent({ keepAlive: true }), https: new Https.Agent({ keepAlive: true }) }
  let target: ReturnType<typeof targetOf> | undefined
  const open = ({ body, headers, url }: TransportRequest): Http.ClientRequest => {
    if (target?.url !== url) target = targetOf(url, pool)
    const { agent, hostname, method, path, port, protocol } = target
    const options = {
      protocol,
      hostname,
      port,
      path,
      method,
      agent,
      headers: { ...headers, "content-length": bytesOfBody(body) }
    }
    return agent === pool.https ? Https.request(options) : Http.request(options)
  }
  const close = () => {
    pool.http.destroy()
    pool.https.destroy()
  }
  return { open, close }
}

const answerOf = (response: Http.IncomingMessage): TransportResponse => ({
  status: response.statusCode ?? 0,
  retryAfter: response.headers["retry-after"],
  contentType: response.headers["content-type"],
  text: readText(response)
})

/** Sends with `node:http` over connections that are kept: less than half of `fetch`'s CPU on Node. */
export const NodeHttpTransportLayer: Layer.Layer<TrackerTransport> = Layer.effect(
  TrackerTransport,
  Effect.map(Effect.acquireRelease(Effect.sync(connect), ({ close }) => Effect.sync(close)), ({ open }) => ({
    send: (request) => {
      let response: Http.IncomingMessage | undefined
      const giveUp = (outgoing: Http.ClientRequest) => {
        // A connection whose answer is complete goes back to the agent; any other cannot be used again.
        if (response?.complete === true) response.resume()
        else outgoing.destroy()
      }
      return Effect.acquireRelease(
        Effect.try({ try: () => open(request), catch: transportFailed }),
        (outgoing) => Effect.sync(() => giveUp(outgoing))
      ).pipe(Effect.flatMap((outgoing) =>
        Effect.callback<TransportResponse, TransportFailed>((resume) => {
          // Listens for ever: an error that nobody hears would end the process.
          outgoing.on("error", (error) => resume(Effect.fail(transportFailed(error))))
          outgoing.on("response", (message) => {
            response = message.on("error", () => undefined)
            resume(Effect.succeed(answerOf(message)))
          })
          outgoing.cork() // header and pieces leave in one call of the system
          request.body.forEach((piece) => outgoing.write(piece))
          outgoing.end()
        })
      ))
    }
  }))
)
