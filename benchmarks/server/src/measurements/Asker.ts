import { KeepAlive } from "../traffic/KeepAlive.ts"

/** Asks one question after the other over a connection of its own. */
export class Asker {
  readonly #socket: KeepAlive
  readonly #head: string

  private constructor(socket: KeepAlive, head: string) {
    this.#socket = socket
    this.#head = head
  }

  static async open(url: string, apiKey: string): Promise<Asker> {
    return new Asker(
      await KeepAlive.open(url),
      ` HTTP/1.1\r\nhost: ${new URL(url).host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`
    )
  }

  /** Asks for a path below `/v1/tracker` and answers how long that took. Rejects at another status than this. */
  async ask(path: string, status: 200 | 404): Promise<{ readonly ms: number; readonly body: string }> {
    const request = Buffer.from(`GET /v1/tracker${path}${this.#head}`, "latin1")
    const start = performance.now()
    const answer = await this.#socket.send(request)
    const ms = performance.now() - start
    if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${answer.body}`)
    return { ms, body: answer.body }
  }

  close(): void {
    this.#socket.close()
  }
}
