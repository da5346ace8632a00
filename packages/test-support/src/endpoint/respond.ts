import type * as Http from "node:http"
import { setTimeout } from "node:timers/promises"
import type { Answer, Rejected, RetryAfter } from "./Answer.ts"

/** What an answer needs from its endpoint. */
export interface Exchange {
  readonly outgoing: Http.ServerResponse
  /** Stores the request's events and returns the body of a 2xx response. */
  readonly store: (reject?: ReadonlyArray<Rejected>) => string
  readonly released: () => Promise<void>
  /** Call when the response is complete, before its last byte is sent. */
  readonly done: () => void
}

const json = { "content-type": "application/json" }

const retryAfterHeader = (retryAfter: RetryAfter): string => {
  if ("seconds" in retryAfter) return String(retryAfter.seconds)
  // The wall clock on purpose: an HTTP date refers to real time, whatever a test's clock says.
  const epochMs = Date.now() + retryAfter.dateInMs
  return new Date(Math.ceil(epochMs / 1000) * 1000).toUTCString()
}

const write = (outgoing: Http.ServerResponse, text: string) =>
  new Promise<void>((resolve) => outgoing.write(text, () => resolve()))

/** Carries out an answer. */
export const respond = async (answer: Answer, exchange: Exchange): Promise<void> => {
  const { done, outgoing, released, store } = exchange
  switch (answer.kind) {
    case "store": {
      const body = store(answer.reject)
      done()
      outgoing.writeHead(200, json).end(body)
      return
    }
    case "status": {
      const { body = "", headers = {}, retryAfter, status } = answer
      done()
      outgoing.writeHead(status, {
        ...headers,
        ...(retryAfter === undefined ? undefined : { "retry-after": retryAfterHeader(retryAfter) })
      }).end(body)
      return
    }
    case "reset":
      done()
      outgoing.socket?.resetAndDestroy()
      return
    case "close":
      done()
      outgoing.socket?.destroySoon()
      return
    case "hang":
      return
    case "delay":
      await setTimeout(answer.ms)
      return respond(answer.answer, exchange)
    case "hold":
      await released()
      return respond(answer.answer, exchange)
    case "breakBody":
    case "stallBody": {
      const body = store()
      outgoing.writeHead(200, { ...json, "content-length": body.length })
      await write(outgoing, body.slice(0, body.length / 2))
      if (answer.kind === "stallBody") return
      done()
      outgoing.socket?.resetAndDestroy()
      return
    }
    case "trickleBody": {
      const body = store()
      outgoing.writeHead(200, { ...json, "content-length": body.length }).flushHeaders()
      for (const character of body.slice(0, -1)) {
        await setTimeout(answer.everyMs)
        if (outgoing.destroyed) return
        await write(outgoing, character)
      }
      await setTimeout(answer.everyMs)
      done()
      outgoing.end(body.slice(-1))
    }
  }
}
