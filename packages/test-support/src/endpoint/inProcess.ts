import { Deferred, Effect, Exit, type Scope } from "effect"
import * as Http from "node:http"
import { gunzipSync } from "node:zlib"
import { type Answer, type ReceivedEvent, type ReceivedRequest, type Rejected, store } from "./inProcessAnswer.ts"

/** An HTTP endpoint for tests, which stores events like tracker-server and misbehaves on demand. */
export interface Endpoint {
  /** `http://127.0.0.1:<port>/v1/events` */
  readonly url: string
  /** Decides how requests are treated from now on. At first all are stored. */
  readonly answer: (decide: (request: ReceivedRequest) => Answer) => void
  /** Treats the next requests like this, one each; those after them as decided by `answer`. */
  readonly answerNext: (...answers: ReadonlyArray<Answer>) => void
  /** All requests so far, in the order of arrival. */
  readonly requests: () => ReadonlyArray<ReceivedRequest>
  /** All stored events, each once, in the order of their storing. */
  readonly stored: () => ReadonlyArray<ReceivedEvent>
  /** Resolves once this many requests have arrived. */
  readonly awaitRequests: (count: number) => Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Resolves once this many events are stored. */
  readonly awaitStored: (count: number) => Effect.Effect<ReadonlyArray<ReceivedEvent>>
  /** Requests that wait for their answer now. */
  readonly openRequests: () => number
  /** Most requests that were waiting for their answer at the same time. */
  readonly mostAtOnce: () => number
}

const idOf = (event: ReceivedEvent): string => String(event.eventId ?? event.id)

const read = async (incoming: Http.IncomingMessage, index: number): Promise<ReceivedRequest> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk)
  const wire = Buffer.concat(chunks)
  const plain = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(wire) : wire
  const body: { readonly events?: ReadonlyArray<ReceivedEvent> } = JSON.parse(plain.toString("utf8"))
  return {
    index,
    headers: incoming.headers,
    wireBytes: wire.length,
    bytes: plain.length,
    body,
    events: body.events ?? [],
    connection: incoming.socket.remotePort ?? 0
  }
}

const makeState = () => {
  const requests: Array<ReceivedRequest> = []
  const stored = new Map<string, ReceivedEvent>()
  const waiting = new Set<{ readonly isMet: () => boolean; readonly done: Deferred.Deferred<void> }>()
  const changed = () => {
    for (const waiter of waiting) {
      if (waiter.isMet() && waiting.delete(waiter)) Deferred.doneUnsafe(waiter.done, Exit.void)
    }
  }
  const when = (isMet: () => boolean) =>
    Effect.suspend(() => {
      if (isMet()) return Effect.void
      const waiter = { isMet, done: Deferred.makeUnsafe<void>() }
      waiting.add(waiter)
      return Deferred.await(waiter.done)
    })
  const storeBatch = (request: ReceivedRequest, reject: ReadonlyArray<Rejected> = []): string => {
    const rejected = new Set(reject.map(({ index }) => index))
    let duplicates = 0
    request.events.forEach((event, index) => {
      if (rejected.has(index)) return
      if (stored.has(idOf(event))) duplicates += 1
      else stored.set(idOf(event), event)
    })
    const accepted = request.events.length - duplicates - rejected.size
    return JSON.stringify({ accepted, duplicates, rejected: reject })
  }
  return { requests, stored, changed, when, storeBatch }
}

const respond = async (
  answer: Answer,
  request: ReceivedRequest,
  outgoing: Http.ServerResponse,
  storeBatch: (request: ReceivedRequest, reject?: ReadonlyArray<Rejected>) => string
): Promise<void> => {
  const json = { "content-type": "application/json" }
  switch (answer.kind) {
    case "store":
      outgoing.writeHead(200, json).end(storeBatch(request, answer.reject))
      return
    case "after":
      await answer.gate
      return respond(answer.answer, request, outgoing, storeBatch)
    case "status":
      outgoing.writeHead(answer.status, answer.headers).end(answer.body)
      return
    case "reset":
      outgoing.socket?.resetAndDestroy()
      return
    case "hang":
      return
    case "breakBody":
    case "stallBody": {
      const body = storeBatch(request)
      outgoing.writeHead(200, { ...json, "content-length": body.length })
      await new Promise<void>((resolve) => outgoing.write(body.slice(0, body.length / 2), () => resolve()))
      if (answer.kind === "breakBody") outgoing.socket?.destroy()
    }
  }
}

const storeAll = (): Answer => store

/** Starts an endpoint on a free port of 127.0.0.1; it stops with the scope. */
export const startEndpoint: Effect.Effect<Endpoint, never, Scope.Scope> = Effect.gen(function*() {
  const { changed, requests, storeBatch, stored, when } = makeState()
  const planned: Array<Answer> = []
  let decide: (request: ReceivedRequest) => Answer = storeAll
  let arrivals = 0
  let open = 0
  let mostAtOnce = 0

  const handle = async (incoming: Http.IncomingMessage, outgoing: Http.ServerResponse): Promise<void> => {
    open += 1
    mostAtOnce = Math.max(mostAtOnce, open)
    outgoing.on("close", () => {
      open -= 1
    })
    outgoing.on("error", () => undefined)
    const request = await read(incoming, arrivals++)
    requests.push(request)
    changed()
    await respond(planned.shift() ?? decide(request), request, outgoing, storeBatch)
  }
  const server = Http.createServer((incoming, outgoing) => {
    // A client that goes away in the middle of its request is nothing to fail over.
    handle(incoming, outgoing).catch(() => outgoing.destroy()).finally(changed)
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return {
    url: `http://127.0.0.1:${port}/v1/events`,
    answer: (next) => {
      decide = next
    },
    answerNext: (...answers) => void planned.push(...answers),
    requests: () => [...requests],
    stored: () => [...stored.values()],
    awaitRequests: (count) => Effect.map(when(() => requests.length >= count), () => [...requests]),
    awaitStored: (count) => Effect.map(when(() => stored.size >= count), () => [...stored.values()]),
    openRequests: () => open,
    mostAtOnce: () => mostAtOnce
  }
})
