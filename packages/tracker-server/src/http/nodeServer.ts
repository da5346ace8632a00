import { EventIds } from "@durable-effect/core"
import { Clock, Duration, Effect, Predicate } from "effect"
import { Server } from "node:http"
import type { Duplex } from "node:stream"
import { instanceOf } from "./requestId.ts"
import { RequestTimeout } from "./requestTimeout.ts"

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly type: string
  readonly title: string
  readonly detail: string
}

const badRequest: Refusal = {
  status: 400,
  reason: "Bad Request",
  type: "bad-request",
  title: "The request cannot be read",
  detail: "This is not an HTTP/1.1 request, or its length and body do not match."
}

const refusals = new Map<unknown, Refusal>([
  ["HPE_HEADER_OVERFLOW", {
    status: 431,
    reason: "Request Header Fields Too Large",
    type: "header-too-large",
    title: "The request's head is too large",
    detail: "The URL and headers of a request may have at most 16 KiB in total. Send fewer or shorter ones."
  }],
  ["ERR_HTTP_REQUEST_TIMEOUT", {
    status: 408,
    reason: "Request Timeout",
    type: "request-timeout",
    title: "The request took too long to arrive",
    detail: "The rest of the request did not arrive in time; nothing of it was stored. Send it again."
  }]
])

const answerText = ({ detail, reason, status, title, type }: Refusal, requestId: string): string => {
  const instance = instanceOf(requestId)
  const body = JSON.stringify({ type: `urn:durable-effect:problem:${type}`, status, title, detail, instance })
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json\r\n` +
    `X-Request-Id: ${requestId}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}

/** The property in which Node keeps a connection's current response; its own error handler looks there too. */
const answerOf = "_httpMessage"

/** Whether a response is already being sent: a second one would end up in the middle of it. */
const isAnswering = (socket: Duplex): boolean =>
  Predicate.hasProperty(socket, answerOf) && Predicate.hasProperty(socket[answerOf], "headersSent") &&
  socket[answerOf].headersSent === true

/**
 * Answers with a problem what Node rejects before it becomes a request, or while its body arrives, and closes the
 * connection.
 */
const refuse = (nextId: () => string) => (error: Error, socket: Duplex): void => {
  const code = "code" in error ? error.code : undefined
  if (!socket.writable || code === "ECONNRESET" || isAnswering(socket)) {
    socket.destroy(error)
    return
  }
  socket.once("finish", () => socket.destroy())
  socket.end(answerText(refusals.get(code) ?? badRequest, nextId()))
}

/** A Node server that limits how long a request may take to arrive, and whose own rejections are problems too. */
export const makeNodeServer: Effect.Effect<Server> = Effect.gen(function*() {
  const requestTimeout = Duration.toMillis(yield* RequestTimeout)
  const ids = yield* EventIds
  const clock = yield* Clock.Clock
  const server = new Server({
    requestTimeout,
    headersTimeout: requestTimeout / 2,
    connectionsCheckingInterval: requestTimeout / 10
  })
  return server.on("clientError", refuse(() => ids.next(clock.currentTimeMillisUnsafe())))
})
