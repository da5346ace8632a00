import { Effect, type Fiber } from "effect"
import { stopUserCode } from "../../engine/userCode.ts"

type RunFork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

/** User code that follows a commit, such as `onDeadLetter`. Nobody but a shutdown waits for it. */
export class Followers {
  readonly #runFork: RunFork
  readonly #onEnd: () => void
  readonly #running = new Set<Fiber.Fiber<unknown, unknown>>()
  #isStopped = false

  /** @param onEnd called whenever one has ended */
  constructor(runFork: RunFork, onEnd: () => void) {
    this.#runFork = runFork
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#running.size
  }

  /** Runs `code`; `what` is its name in logs. Once stopped, it only logs that it does not. */
  follow(what: string, annotations: Record<string, unknown>, code: Effect.Effect<unknown, unknown>): void {
    const fiber = this.#runFork(
      (this.#isStopped ? Effect.logWarning(`${what} was not begun: the jobs runtime was shut down`) : code).pipe(
        Effect.catchCause((cause) => Effect.logError(`${what} failed`, cause)),
        Effect.annotateLogs(annotations)
      )
    )
    this.#running.add(fiber)
    fiber.addObserver(() => this.#leave(fiber))
  }

  /** Interrupts what is running, and lets nothing begin from now on: the commit it is to follow may be in progress. */
  stop(): void {
    this.#isStopped = true
    for (const fiber of this.#running) {
      this.#runFork(Effect.andThen(stopUserCode(fiber), Effect.sync(() => this.#leave(fiber))))
    }
  }

  #leave(fiber: Fiber.Fiber<unknown, unknown>): void {
    if (this.#running.delete(fiber)) this.#onEnd()
  }
}
