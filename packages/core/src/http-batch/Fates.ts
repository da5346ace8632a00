import type { DeliveryVerdict, LossReason } from "../EventTracker.ts"
import type { Item } from "./Batch.ts"
import type { Ledger } from "./Ledger.ts"
import { Waiters } from "./Waiters.ts"

/** Records the outcome of each event in the ledger exactly once, and notifies those waiting for it. */
export class Fates {
  readonly ledger: Ledger
  readonly waiters = new Waiters()
  /** Bytes of the emitted events that are held. */
  heldBytes = 0

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  deliver(item: Item): void {
    this.ledger.delivered += 1
    this.#release(item, "delivered")
  }

  /** Loses an event that is held, or was passed to `deliver`. */
  giveUp(item: Item, reason: LossReason, detail: string): void {
    this.ledger.lose(reason, item.eventId, detail)
    this.#release(item, "rejected")
  }

  /** Returns an event to its `deliver` caller. */
  returnToCaller(item: Item): void {
    this.ledger.emitted -= 1
    this.#release(item, "retryLater")
  }

  giveAllUp(items: ReadonlyArray<Item>, reason: LossReason, detail: string): void {
    items.forEach((item) => this.giveUp(item, reason, detail))
  }

  returnAll(items: ReadonlyArray<Item>): void {
    items.forEach((item) => this.returnToCaller(item))
  }

  #release(item: Item, verdict: DeliveryVerdict): void {
    if (item.answer !== undefined) {
      this.ledger.delivering -= 1
      item.answer(verdict)
    } else {
      this.heldBytes -= item.bytes
      this.ledger.held -= 1
      this.waiters.settle(item.ordinal)
    }
  }

  /** Loses an emitted event that is not held as bytes. */
  lose(item: Pick<Item, "eventId" | "ordinal">, reason: LossReason, detail: string): void {
    this.ledger.held -= 1
    this.ledger.lose(reason, item.eventId, detail)
    this.waiters.settle(item.ordinal)
  }
}
