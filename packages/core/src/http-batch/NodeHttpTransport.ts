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

// Loaded when the layer is built, so that importing core without sending anything does not load these modules.
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

/** The parsed target of requests: parsing a URL costs a tenth of a request. */
const targetOf = (url: string, pool: Pool) => {
  const { hostname, pathname, port, protocol, search } = new URL(url)
  const isSecure = protocol === "https:"
  return {
    url,
    isSecure,
    options: {
      protocol,
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"), // URLs put IPv6 addresses in brackets, sockets do not
      port,
      path: pathname + search,
      method: "POST",
      agent: isSecure ? pool.secure : pool.plain
    }
  }
}

/** Creates unsent requests. All requests of a tracker have the same target. */
const requestMaker = (pool: Pool) => {
  let target: ReturnType<typeof targetOf> | undefined
  return ({ body, headers, url }: TransportRequest): Http.ClientRequest => {
    if (target?.url !== url) target = targetOf(url, pool)
    const options = { ...target.options, headers: { ...headers, "content-length": bytesOfBody(body) } }
    return target.isSecure ? pool.requestSecure(options) : pool.requestPlain(options)
  }
}

/** The errors of a request on a keep-alive connection that the peer has meanwhile closed. */
const staleCodes: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"])

const isStale = (outgoing: Http.ClientRequest, thrown: unknown): boolean =>
  outgoing.reusedSocket && thrown instanceof Error && "code" in thrown && staleCodes.has(thrown.code)

interface Listener {
  readonly onHead: (head: TransportHead) => void
  readonly resume: (answer: Effect.Effect<string, TransportFailed>) => void
  /** The request failed on a connection that had already been closed. */
  readonly onStale: () => void
}

/**
 * Sends a request and reports the response. Error listeners stay attached: an unhandled "error" would end the process.
 */
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
    response.on("error", () => undefined) // "close" follows and tells how it ended
  })
  outgoing.on("error", (error) => {
    thrown = error
  })
  outgoing.on("upgrade", ({ statusCode }, socket) => {
    thrown = `status ${statusCode}, which changes the protocol`
    socket.destroy()
  })
  // The response may end first; the body's pieces are read until the request has been sent.
  outgoing.on("close", () => {
    if (answer === undefined && isStale(outgoing, thrown)) return onStale()
    // The readable part of a truncated body may say enough.
    const isAnswered = answer !== undefined && (answer.complete || text !== "")
    resume(isAnswered ? Effect.succeed(text) : Effect.fail(transportFailed(thrown)))
  })
  outgoing.cork() // send header and body in one system call
  body.forEach((piece) => outgoing.write(piece))
  outgoing.end()
}

/**
 * Sends with `node:http` over keep-alive connections, at less than half of `fetch`'s CPU time on Node. If such a
 * connection turns out to be closed, the request is sent again at once until a new connection carries it: the endpoint
 * is not at fault, and events it already received are recognized by their ids.
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
