import { Schema } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { KeepAlive } from "../traffic/KeepAlive.ts"
import { Requests } from "../traffic/Requests.ts"
import { readTape } from "../traffic/Tape.ts"
import type { Open } from "./Writer.ts"

const readVerdict = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ accepted: Schema.Int })))

const isShedding = (status: number) => status === 429 || status === 503

/** tracker-server over HTTP: keep-alive connections, each sends its next request when the last one has been answered. */
export const ours: Open = async ({ apiKey, batch, connections, tapeFile, url }) => {
  const { host } = new URL(url)
  const head = `POST /v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n` +
    "content-type: application/json\r\n"
  const requests = new Requests(readTape(tapeFile), batch, head)
  const all = await Promise.all(
    Array.from({ length: connections }, async (_, connection) => ({
      socket: await KeepAlive.open(url),
      next: requests.player(connection, connections)
    }))
  )
  let refused = 0
  const send = async (socket: KeepAlive, bytes: Uint8Array) => {
    let answer = await socket.send(bytes)
    while (isShedding(answer.status)) {
      refused += 1
      await sleep(answer.retryAfter * 1000)
      answer = await socket.send(bytes)
    }
    return answer
  }
  return {
    write: async (connection) => {
      const one = all[connection]
      if (one === undefined) throw new Error(`there is no connection ${connection}`)
      const { bytes, events } = one.next()
      const { body, status } = await send(one.socket, bytes)
      const accepted = status === 200 ? readVerdict(body).accepted : 0
      if (accepted !== events) throw new Error(`${accepted} of ${events} events were accepted: ${status} ${body}`)
      return accepted
    },
    refused: () => refused,
    close: async () => all.forEach(({ socket }) => socket.close())
  }
}
