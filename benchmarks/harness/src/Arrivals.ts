import { closeSync, openSync, readSync, writeSync } from "node:fs"

/** What has arrived at a sink since it started. */
export interface Arrived {
  readonly events: number
  /** Bytes of bodies as they travelled, packed ones packed. */
  readonly wireBytes: number
  readonly requests: number
}

/**
 * Counts that a sink writes and a contender reads, in a file of three numbers. It is how a contender keeps its queue
 * within its bounds; reading costs a microsecond or two, the same for all, where a message would cost more.
 */
export class Arrivals {
  readonly #fd: number
  readonly #numbers = new Float64Array(3)

  constructor(path: string, mode: "read" | "write") {
    this.#fd = openSync(path, mode === "read" ? "r" : "w")
    if (mode === "write") this.write({ events: 0, wireBytes: 0, requests: 0 })
  }

  write({ events, requests, wireBytes }: Arrived): void {
    this.#numbers.set([events, wireBytes, requests])
    writeSync(this.#fd, this.#numbers, 0, this.#numbers.byteLength, 0)
  }

  read(): Arrived {
    readSync(this.#fd, this.#numbers, 0, this.#numbers.byteLength, 0)
    const [events = 0, wireBytes = 0, requests = 0] = this.#numbers
    return { events, wireBytes, requests }
  }

  close(): void {
    closeSync(this.#fd)
  }
}
