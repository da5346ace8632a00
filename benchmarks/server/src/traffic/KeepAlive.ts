import { once } from "node:events"
import { connect, type Socket } from "node:net"

export interface Answer {
  readonly status: number
  /** Seconds; of a server that sheds load. */
  readonly retryAfter: number
  readonly body: string
}

/** An HTTP answer if the text holds all of it. */
const readAnswer = (text: string): Answer | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without its length: ${head}`)
  const body = text.slice(end + 4)
  return body.length < Number(length)
    ? undefined
    : { status: Number(head.slice(9, 12)), retryAfter: Number(/\r\nretry-after: *(\d+)/i.exec(head)?.[1] ?? 0), body }
}

/** A connection that stays. It does the least that HTTP asks of a client, so that the machine is left to the server. */
export class KeepAlive {
  readonly #socket: Socket
  #received = ""
  #answered: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1")
      const answer = readAnswer(this.#received)
      if (answer === undefined) return
      this.#received = ""
      this.#answered?.resolve(answer)
    })
    socket.on("error", (error) => this.#answered?.reject(error))
    socket.on("close", () => this.#answered?.reject(new Error("the server closed the connection")))
  }

  static async open(url: string): Promise<KeepAlive> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, "connect")
    return new KeepAlive(socket)
  }

  /** Sends a request as it is to be on the wire; one at a time. */
  send(request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject }
      // An end that comes between two requests is told to nobody but who writes next.
      this.#socket.write(request, (error) => {
        if (error) reject(error)
      })
    })
  }

  close(): void {
    this.#answered = undefined
    this.#socket.destroy()
  }
}
