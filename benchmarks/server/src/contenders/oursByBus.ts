import { subjectsOf } from "@durable-effect/bus/nats"
import { Topic } from "@durable-effect/core"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect, createInbox, headers } from "@nats-io/transport-node"
import { setTimeout as sleep } from "node:timers/promises"
import { Messages } from "../traffic/Messages.ts"
import { readTape } from "../traffic/Tape.ts"
import { neverRefused, type Open } from "./Writer.ts"

/** How often it is asked what is stored by now. */
const lookMs = 20

/**
 * tracker-server over NATS JetStream. Each connection publishes a batch, event by event, waits until the stream keeps
 * them and the server has acknowledged as many as were published by then, and goes on with the next.
 */
export const oursByBus: Open = async ({ batch, connections, natsUrl, tapeFile }) => {
  const { consumer, stream, subject } = subjectsOf("tracker")
  const connection = await connect({ servers: natsUrl.replace("nats://", "") })
  const manager = await jetstreamManager(connection)
  const messages = new Messages(readTape(tapeFile))
  const players = Array.from({ length: connections }, (_, nth) => messages.player(nth, connections))

  const consumers = () =>
    Promise.all(Topic.literals.map((topic) => manager.consumers.info(stream(topic), consumer("server", topic))))
  // The server is ready before it has made them.
  while (await consumers().then(() => false, () => true)) await sleep(lookMs)

  const inbox = createInbox()
  const kept = new Map<string, { left: number; readonly done: () => void; readonly fail: (error: Error) => void }>()
  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      const one = kept.get(message.subject)
      if (one === undefined) return
      if (error !== null || !message.string().includes(`"seq"`)) one.fail(new Error(`not kept: ${message.string()}`))
      else if (--one.left === 0) one.done()
    }
  })

  let batches = 0
  const publish = async (nth: number): Promise<void> => {
    const next = players[nth]
    if (next === undefined) throw new Error(`there is no connection ${nth}`)
    const reply = `${inbox}.${++batches}`
    const { promise, reject, resolve } = Promise.withResolvers<void>()
    kept.set(reply, { left: batch, done: resolve, fail: reject })
    for (let n = 0; n < batch; n++) {
      const { body, id, topic } = next()
      const ids = headers()
      ids.set("Nats-Msg-Id", id)
      connection.publish(subject(topic), body, { reply, headers: ids })
    }
    await promise
    kept.delete(reply)
  }

  let published = 0
  let settled = 0
  const ended = new AbortController()
  const waiting = new Set<{ readonly until: number; readonly done: () => void }>()
  const look = async (): Promise<void> => {
    // What is published meanwhile may be counted as waiting, never what waits as settled.
    const before = published
    const infos = await consumers()
    const lag = infos.reduce((sum, { num_ack_pending, num_pending }) => sum + num_ack_pending + num_pending, 0)
    settled = Math.max(settled, before - lag)
    for (const one of waiting) {
      if (one.until > settled) continue
      waiting.delete(one)
      one.done()
    }
  }
  const looking = (async () => {
    while (!ended.signal.aborted) {
      await sleep(lookMs)
      await look()
    }
  })()

  return {
    write: async (nth) => {
      await publish(nth)
      published += batch
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add({ until: published, done: resolve })
      await Promise.race([promise, looking])
      return batch
    },
    refused: neverRefused,
    close: async () => {
      ended.abort()
      await looking
      await connection.close()
    }
  }
}
