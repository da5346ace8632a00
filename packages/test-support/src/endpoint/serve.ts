import type * as Http from "node:http"
import type { Answer, Rules } from "./Answer.ts"
import type { Control } from "./Control.ts"
import { Listener } from "./Listener.ts"
import { Log, type Received } from "./Log.ts"
import { read } from "./read.ts"
import { respond } from "./respond.ts"

const decide = ({ maxBytes, otherwise, poisoned }: Rules, { arrival, ids }: Received): Answer => {
  if (maxBytes !== undefined && arrival.bytes > maxBytes) return { kind: "status", status: 413 }
  if (poisoned !== undefined && poisoned.ids.some((id) => ids.includes(id))) return poisoned.answer
  // An unreadable body cannot be stored, whatever was planned for readable ones.
  if (typeof arrival.body === "string" && otherwise === undefined) return { kind: "status", status: 400 }
  return otherwise ?? { kind: "store" }
}

/** One misbehaving endpoint, initially closed. */
export const makeEndpoint = (): Control => {
  const log = new Log()
  const planned: Array<Answer> = []
  let rules: Rules = {}
  let idPattern: RegExp | undefined
  let held: Array<() => void> = []
  let arrivals = 0
  let open = 0
  let mostAtOnce = 0

  const handle = async (incoming: Http.IncomingMessage, outgoing: Http.ServerResponse): Promise<void> => {
    let isOpen = true
    const done = () => {
      if (isOpen) open -= 1
      isOpen = false
    }
    open += 1
    mostAtOnce = Math.max(mostAtOnce, open)
    outgoing.on("close", done)
    outgoing.on("error", () => undefined)
    const openAtArrival = open
    const { body, bytes, events, ids, wireBytes } = await read(incoming, idPattern)
    const { headers, socket: { remotePort = 0 } } = incoming
    const arrival = { index: arrivals++, headers, wireBytes, bytes, body, connection: remotePort, open: openAtArrival }
    const received = { arrival, events, ids }
    log.arrived(received)
    await respond(planned.shift() ?? decide(rules, received), {
      outgoing,
      done,
      store: (reject) => {
        const verdicts = log.store(received, reject)
        return idPattern === undefined ? JSON.stringify(verdicts) : "{}"
      },
      released: () => new Promise((resolve) => held.push(resolve))
    })
  }
  const listener = new Listener((incoming, outgoing) => {
    // A client that disconnects mid-request is no reason to fail.
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })

  return {
    open: async (options) => {
      if (options.idPattern !== undefined) idPattern = new RegExp(options.idPattern, "g")
      await listener.open()
      return listener.port
    },
    close: () => listener.refuse(),
    answer: (next) => {
      rules = next
    },
    answerNext: (answers) => void planned.push(...answers),
    release: () => {
      const released = held
      held = []
      released.forEach((release) => release())
    },
    refuse: () => listener.refuse(),
    accept: () => listener.accept(),
    requests: () => log.arrivals,
    stored: () => log.stored,
    totals: () => log.totals,
    mostAtOnce: () => mostAtOnce,
    awaitRequests: async (count) => {
      await log.awaitRequests(count)
      return log.arrivals
    },
    awaitStored: async (count) => {
      await log.awaitStored(count)
      return log.stored
    }
  }
}
