import { Effect, Layer } from "effect"
import type * as Http from "node:http"
import type * as Https from "node:https"
import {
  bytesOfBody,
  maxAnswerBytes,
  TrackerTransport,
  type TransportFailed,
  transportFailed,
  type TransportHead,
  type TransportRequest
} from "./Transport.ts"

interface Pool {
  readonly plain: Http.Agent
  readonly secure: Https.Agent
  readonly requestPlain: typeof Http.request
  readonly requestSecure: typeof Https.request
}

// Asked of the process when the layer is built: whoever imports core without sending anything does not load them.
const openPool = Effect.acquireRelease(
  Effect.sync((): Pool => {
    const http = globalThis.process.getBuiltinModule("node:http")
    const https = globalThis.process.getBuiltinModule("node:https")
    return {
      plain: new http.Agent({ keepAlive: true }),
      secure: new https.Agent({ keepAlive: true }),
      requestPlain: http.request,
      requestSecure: https.request
    }
  }),
  ({ plain, secure }) =>
    Effect.sync(() => {
      plain.destroy()
      secure.destroy()
    })
)

/** Where requests go, taken apart: reading a URL costs a tenth of a request. */
const targetOf = (url: string, pool: Pool) => {
  const { hostname, pathname, port, protocol, search } = new URL(url)
  const isSecure = protocol === "https:"
  return {
    url,
    isSecure,
    options: {
      protocol,
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"), // a URL writes an IPv6 address in brackets, a socket does not
      port,
      path: pathname + search,
      method: "POST",
      agent: isSecure ? pool.secure : pool.plain
    }
  }
}

/** Makes requests that are not sent yet. All of a tracker's go to the same place. */
const requestMaker = (pool: Pool) => {
  let target: ReturnType<typeof targetOf> | undefined
  return ({ body, headers, url }: TransportRequest): Http.ClientRequest => {
    if (target?.url !== url) target = targetOf(url, pool)
    const options = { ...target.options, headers: { ...headers, "content-length": bytesOfBody(body) } }
    return target.isSecure ? pool.requestSecure(options) : pool.requestPlain(options)
  }
}

/** What a request over a kept connection meets that the other side has closed meanwhile. */
const staleCodes: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"])

const isStale = (outgoing: Http.ClientRequest, thrown: unknown): boolean =>
  outgoing.reusedSocket && thrown instanceof Error && "code" in thrown && staleCodes.has(thrown.code)

interface Listener {
  readonly onHead: (head: TransportHead) => void
  readonly resume: (answer: Effect.Effect<string, TransportFailed>) => void
  /** The request was given up on a connection that had been closed before. */
  readonly onStale: () => void
}

/** Sends a request and tells what comes back. Listens for ever: an error that nobody hears would end the process. */
const exchange = (
  outgoing: Http.ClientRequest,
  { body, maxAnswerBytes: maxBytes = maxAnswerBytes }: TransportRequest,
  { onHead, onStale, resume }: Listener
) => {
  let answer: Http.IncomingMessage | undefined
  let text = ""
  let thrown: unknown = "the connection closed without an answer"
  outgoing.on("response", (response) => {
    answer = response
    thrown = "the connection closed before the answer's end"
    onHead({
      status: response.statusCode ?? 0,
      retryAfter: response.headers["retry-after"],
      contentType: response.headers["content-type"]
    })
    response.setEncoding("utf8")
    response.on("data", (chunk: string) => {
      text += chunk
      if (text.length >= maxBytes) outgoing.destroy()
    })
    response.on("error", () => undefined) // "close" follows and says how it ended
  })
  outgoing.on("error", (error) => {
    thrown = error
  })
  outgoing.on("upgrade", ({ statusCode }, socket) => {
    thrown = `status ${statusCode}, which changes the protocol`
    socket.destroy()
  })
  // The end of the answer may come before: as long as the request is not sent, its pieces are read.
  outgoing.on("close", () => {
    if (answer === undefined && isStale(outgoing, thrown)) return onStale()
    // What was read of a body that breaks off may say enough.
    const isAnswered = answer !== undefined && (answer.complete || text !== "")
    resume(isAnswered ? Effect.succeed(text) : Effect.fail(transportFailed(thrown)))
  })
  outgoing.cork() // header and pieces leave in one call of the system
  body.forEach((piece) => outgoing.write(piece))
  outgoing.end()
}

/**
 * Sends with `node:http` over connections that are kept: less than half of `fetch`'s CPU on Node. A request whose kept
 * connection turns out to be closed goes out again at once, until a new connection has carried it: nothing is wrong with
 * the endpoint, and events that it had taken all the same are known by their ids.
 */
export const NodeHttpTransportLayer: Layer.Layer<TrackerTransport> = Layer.effect(
  TrackerTransport,
  Effect.map(openPool, (pool) => {
    const make = requestMaker(pool)
    return {
      send: (request, onHead) =>
        Effect.callback((resume) => {
          let outgoing: Http.ClientRequest | undefined
          let isGivenUp = false
          const start = () => {
            if (isGivenUp) return
            try {
              outgoing = make(request)
              exchange(outgoing, request, { onHead, onStale: start, resume })
            } catch (thrown) {
              resume(Effect.fail(transportFailed(thrown)))
            }
          }
          start()
          return Effect.sync(() => {
            isGivenUp = true
            outgoing?.destroy()
          })
        })
    }
  })
)
