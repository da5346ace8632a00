import { Deferred, Effect, Exit } from "effect"
import { Interrupter, type Interruption } from "./Interrupter.ts"
import type { JobStep } from "./JobStep.ts"

/** `mayVisit`: without waiting for the turn, on the step of the running handler, which takes visits. */
export type Turn = "itsTurn" | "mayVisit"

const itsTurn: Effect.Effect<Turn> = Effect.succeed("itsTurn")

/** Who has the turn at an instance, and who waits for it. */
export interface Holder {
  interruption: Interrupter
  /** Set once it is open. */
  step: JobStep | undefined
  readonly waiting: Array<Waiting>
}

interface Waiting {
  readonly turn: Deferred.Deferred<Turn>
  readonly isVisitor: boolean
}

/** One turn at a time per instance, in the order of requests. */
export class Turns {
  readonly #holders = new Map<string, Holder>()

  holderOf(instanceId: string): Holder | undefined {
    return this.#holders.get(instanceId)
  }

  /**
   * `interrupt` stops the running handler and goes before all that wait. An immediate turn is a known, constant effect.
   */
  take(instanceId: string, how: "wait" | "interrupt" | "visit"): Effect.Effect<Turn> {
    const holder = this.#holders.get(instanceId)
    if (holder === undefined) {
      this.#holders.set(instanceId, { interruption: new Interrupter(), step: undefined, waiting: [] })
      return itsTurn
    }
    const waiting: Waiting = { turn: Deferred.makeUnsafe(), isVisitor: how === "visit" }
    if (how === "interrupt") {
      // Queued before the handler is told, since it may end before the next line.
      holder.waiting.unshift(waiting)
      holder.interruption.interrupt("terminate")
    } else holder.waiting.push(waiting)
    return Deferred.await(waiting.turn)
  }

  /** Ends a turn. Returns whether nobody was waiting for the next. */
  giveBack(instanceId: string): boolean {
    const holder = this.#holders.get(instanceId)
    // An aged Map leaves behind tables with its former content, which live until the next full collection: keep the
    // step out of them.
    if (holder !== undefined) holder.step = undefined
    const next = holder?.waiting.shift()
    if (holder === undefined || next === undefined) {
      this.#holders.delete(instanceId)
      return true
    }
    holder.interruption = new Interrupter()
    Deferred.doneUnsafe(next.turn, Exit.succeed("itsTurn"))
    return false
  }

  /** Admits waiting visitors. */
  letVisitorsIn({ waiting }: Holder): void {
    const queue = waiting.splice(0)
    waiting.push(...queue.filter(({ isVisitor }) => !isVisitor))
    for (const { isVisitor, turn } of queue) if (isVisitor) Deferred.doneUnsafe(turn, Exit.succeed("mayVisit"))
  }

  /** Stops all running handlers. */
  interruptAll(by: Interruption): void {
    for (const { interruption } of this.#holders.values()) interruption.interrupt(by)
  }
}
