import type { Commit, StoredAlarm } from "./HostPort.ts"

/** The alarms in due order, equal ones in the order they were set, one per instance. */
export class SortedAlarms {
  readonly #sorted: Array<{ readonly alarm: StoredAlarm; readonly order: number }> = []
  readonly #ofInstance = new Map<string, { readonly alarm: StoredAlarm; readonly order: number }>()
  #lastOrder = 0

  /** Index of the first alarm that does not come before. */
  #indexOf(dueAt: number, order: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#sorted[middle]
      const isBefore = at !== undefined && (at.alarm.dueAt < dueAt || (at.alarm.dueAt === dueAt && at.order < order))
      if (isBefore) low = middle + 1
      else high = middle
    }
    return low
  }

  /** An unchanged alarm keeps its place. */
  set(instanceId: string, alarm: Commit["alarm"]): void {
    const before = this.#ofInstance.get(instanceId)
    if (before !== undefined) {
      const { dueAt, generation } = before.alarm
      if (alarm?.dueAt === dueAt && alarm.generation === generation) return
      this.#sorted.splice(this.#indexOf(dueAt, before.order), 1)
      this.#ofInstance.delete(instanceId)
    }
    if (alarm === null) return
    const { dueAt, generation } = alarm
    const placed = { alarm: { instanceId, dueAt, generation }, order: ++this.#lastOrder }
    this.#sorted.splice(this.#indexOf(dueAt, placed.order), 0, placed)
    this.#ofInstance.set(instanceId, placed)
  }

  /** The earliest alarms, except those of instances with these id prefixes; at most one of those due after `upTo`. */
  earliest(limit: number, upTo: number, without: ReadonlyArray<string>): ReadonlyArray<StoredAlarm> {
    const found: Array<StoredAlarm> = []
    for (const { alarm } of this.#sorted) {
      if (found.length >= limit) break
      if (without.some((prefix) => alarm.instanceId.startsWith(prefix))) continue
      found.push(alarm)
      if (alarm.dueAt > upTo) break
    }
    return found
  }
}
