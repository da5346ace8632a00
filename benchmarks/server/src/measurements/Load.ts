import { setTimeout as sleep } from "node:timers/promises"
import type { Writer } from "../contenders/Writer.ts"

/** Keeps every connection of a writer busy, from the beginning until it is stopped. */
export class Load {
  #stored = 0
  #isStopped = false
  #told: () => void = () => undefined
  readonly #done: Promise<unknown>
  /** Rejects when a write fails; else it never ends. */
  readonly #failure: Promise<never>

  constructor(writer: Writer, connections: number) {
    const loop = async (connection: number) => {
      while (!this.#isStopped) {
        const written = await writer.write(connection)
        this.#stored += written // not before the others have added theirs
        this.#told()
      }
    }
    this.#done = Promise.all(Array.from({ length: connections }, (_, connection) => loop(connection)))
    this.#failure = this.#done.then(() => new Promise<never>(() => undefined))
    this.#failure.catch(() => undefined)
  }

  /** Events that have been stored. */
  get stored(): number {
    return this.#stored
  }

  /** Goes on for so long. Rejects when a write fails. */
  pause(ms: number): Promise<void> {
    return Promise.race([sleep(ms), this.#failure])
  }

  /** Goes on for so long, and on a slow machine until something has been stored meanwhile. Rejects likewise. */
  async goOn(ms: number): Promise<void> {
    const before = this.#stored
    await this.pause(ms)
    while (this.#stored === before) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#told = resolve
      await Promise.race([promise, this.#failure])
    }
  }

  /** Lets what is under way end. Resolves to all events that have been stored. */
  async stop(): Promise<number> {
    this.#isStopped = true
    await this.#done
    return this.#stored
  }
}
