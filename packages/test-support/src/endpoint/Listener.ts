import * as Http from "node:http"
import type { Socket } from "node:net"

// Below the ephemeral port range: nobody else is assigned our port while it is closed for a while, and no connection to
// it can originate from it, which would connect it to itself.
const firstPort = 20_000
const ports = 12_000
// Each process starts at a different port.
let offset = process.pid * 61

/** A listening socket on 127.0.0.1 that can refuse connections and accept them again on the same port. */
export class Listener {
  port = 0
  readonly #server: Http.Server
  readonly #sockets = new Set<Socket>()

  constructor(handle: Http.RequestListener) {
    this.#server = Http.createServer(handle)
    // Never close idle connections: each test decides what goes wrong.
    this.#server.keepAliveTimeout = 0
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket)
      socket.on("close", () => this.#sockets.delete(socket))
    })
  }

  /** Listens on a free port. */
  async open(): Promise<void> {
    for (let attempts = 0; this.port === 0; attempts++) {
      const port = firstPort + offset++ % ports
      try {
        await this.#listen(port)
        this.port = port
      } catch (error) {
        if (attempts >= ports) throw error
      }
    }
  }

  /** Listens again. */
  accept(): Promise<void> {
    return this.#server.listening ? Promise.resolve() : this.#listen(this.port)
  }

  /** Resets all connections and accepts no new ones. */
  refuse(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#sockets.forEach((socket) => socket.resetAndDestroy())
    })
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", reject)
        resolve()
      })
    })
  }
}
