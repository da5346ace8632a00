import { Deferred, Effect, Exit } from "effect"
import { Interrupter, type Interruption } from "./Interrupter.ts"
import type { JobStep } from "./JobStep.ts"

/** `mayVisit`: not before all, but on the step of the handler that runs, which takes visits. */
export type Turn = "itsTurn" | "mayVisit"

const itsTurn: Effect.Effect<Turn> = Effect.succeed("itsTurn")

/** Who has his turn at an instance, and who waits for it. */
export interface Holder {
  interruption: Interrupter
  /** Once it is open. */
  step: JobStep | undefined
  readonly waiting: Array<Waiting>
}

interface Waiting {
  readonly turn: Deferred.Deferred<Turn>
  readonly isVisitor: boolean
}

/** One at a time for each instance, in the order of asking. */
export class Turns {
  readonly #holders = new Map<string, Holder>()

  holderOf(instanceId: string): Holder | undefined {
    return this.#holders.get(instanceId)
  }

  /** `interrupt` stops the handler that runs and goes before all that wait. What is there at once is a known effect. */
  take(instanceId: string, how: "wait" | "interrupt" | "visit"): Effect.Effect<Turn> {
    const holder = this.#holders.get(instanceId)
    if (holder === undefined) {
      this.#holders.set(instanceId, { interruption: new Interrupter(), step: undefined, waiting: [] })
      return itsTurn
    }
    const waiting: Waiting = { turn: Deferred.makeUnsafe(), isVisitor: how === "visit" }
    if (how === "interrupt") {
      // Queued before it is told, since the handler may end before the next line.
      holder.waiting.unshift(waiting)
      holder.interruption.interrupt("terminate")
    } else holder.waiting.push(waiting)
    return Deferred.await(waiting.turn)
  }

  /** Ends a turn. Answers whether nobody has waited for the next. */
  giveBack(instanceId: string): boolean {
    const holder = this.#holders.get(instanceId)
    // A map that is old leaves behind tables with what was in it, which live until the next full collection: not the step.
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

  /** Those who may visit need not wait any longer. */
  letVisitorsIn({ waiting }: Holder): void {
    const queue = waiting.splice(0)
    waiting.push(...queue.filter(({ isVisitor }) => !isVisitor))
    for (const { isVisitor, turn } of queue) if (isVisitor) Deferred.doneUnsafe(turn, Exit.succeed("mayVisit"))
  }

  /** Stops all handlers that run. */
  interruptAll(by: Interruption): void {
    for (const { interruption } of this.#holders.values()) interruption.interrupt(by)
  }
}
