import { once } from "node:events"
import { connect, type Socket } from "node:net"

const message = Buffer.from("event: tracking\n")

/** Somebody who reads a server's stream and does the least with it, so that the machine is left to the server. */
export class StreamReader {
  readonly #socket: Socket
  /** The end of the last piece, which may be the begin of a message. */
  #rest = Buffer.alloc(0)
  /** How many events it has got. */
  events = 0
  isCut = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on("data", (piece: Buffer) => {
      const bytes = Buffer.concat([this.#rest, piece])
      let from = 0
      for (let at = bytes.indexOf(message); at !== -1; at = bytes.indexOf(message, from)) {
        this.events++
        from = at + message.length
      }
      this.#rest = Buffer.from(bytes.subarray(Math.max(from, bytes.length - message.length + 1)))
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.isCut = true
    })
  }

  /** Opens a stream: of one plan, or of all events. Done once the server has begun to answer. */
  static async open(url: string, apiKey: string, plan: string | null): Promise<StreamReader> {
    const { host, hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, "connect")
    const query = plan === null ? "" : `?plan_id=${encodeURIComponent(plan)}`
    socket.write(
      `GET /v1/tracker/stream${query} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`
    )
    const [head] = await once(socket, "data")
    if (!String(head).startsWith("HTTP/1.1 200")) throw new Error(`no stream: ${String(head).split("\r\n", 1)[0]}`)
    return new StreamReader(socket)
  }

  close(): void {
    this.#socket.destroy()
  }
}
