import { Effect } from "effect"
import { type BenchEvent, origin } from "../event.ts"
import type { Client } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** Sends a body and resolves when its answer is complete; rejects unless it is a 2xx. */
export type Post = (body: string) => Promise<void>

export const batchSize = 100
const concurrency = 4

const bodyOf = (events: ReadonlyArray<object>) => JSON.stringify({ events })

/** The least that anybody can do: JSON of 100 events at a time, four requests at once, and nothing else. */
export const rawLoop = (post: Post): Client => {
  const loaded = new Loaded((event): BenchEvent & typeof origin => ({ ...event, ...origin }))

  const sendAll = async (from: number, to: number): Promise<void> => {
    let next = from
    const sendInTurn = async () => {
      while (next < to) {
        const end = Math.min(next + batchSize, to)
        const body = bodyOf(loaded.slice(next, end))
        next = end
        await post(body)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, sendInTurn))
  }

  // Event by event, for the faults: whatever fails is gone.
  let open: Array<object> = []
  let warnings = 0
  const waiting: Array<string> = []
  const sending = new Set<Promise<void>>()
  const work = async () => {
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      await post(body).catch(() => {
        warnings += 1
      })
    }
  }
  const send = () => {
    if (open.length === 0) return
    waiting.push(bodyOf(open))
    open = []
    if (sending.size >= concurrency) return
    const worker: Promise<void> = work().finally(() => sending.delete(worker))
    sending.add(worker)
  }
  const finish = Effect.promise(async () => {
    send()
    while (sending.size > 0) await Promise.all(sending)
  })
  return {
    load: loaded.load,
    emit: {
      kind: "call",
      at: (index) => {
        open.push(loaded.at(index))
        if (open.length >= batchSize) send()
      }
    },
    sendAll: (from, to) => Effect.promise(() => sendAll(from, to)),
    flush: finish,
    close: finish,
    account: Effect.sync(() => ({ toldLost: 0, warnings }))
  }
}
