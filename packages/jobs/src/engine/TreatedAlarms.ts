import type { StoredAlarm } from "../host/HostPort.ts"

/**
 * What is done about a due alarm: it is served, which changes it. One that reappears unchanged is not its instance's
 * own, as in a file that was damaged or edited by hand, and would be served endlessly: it is corrected and, if that does
 * not help, its instance is quarantined.
 */
export type Treatment = "serve" | "correct" | "quarantine"

const ifUnchanged: { readonly [T in Treatment]: Treatment } = {
  serve: "correct",
  correct: "quarantine",
  quarantine: "serve"
}

type Treated = Pick<StoredAlarm, "dueAt" | "generation"> & { readonly treatment: Treatment }

/** The alarms treated between two looks at those that are due, to recognize what reappears unchanged. */
export class TreatedAlarms {
  #before: ReadonlyMap<string, Treated> = new Map()
  #sinceLook = new Map<string, Treated>()

  /** Call before each look: what is due is compared with what was treated since the previous one. */
  beginLook(): void {
    this.#before = this.#sinceLook
    this.#sinceLook = new Map()
  }

  treatmentOf({ dueAt, generation, instanceId }: StoredAlarm): Treatment {
    const last = this.#before.get(instanceId)
    return last?.dueAt === dueAt && last.generation === generation ? ifUnchanged[last.treatment] : "serve"
  }

  note({ dueAt, generation, instanceId }: StoredAlarm, treatment: Treatment): void {
    this.#sinceLook.set(instanceId, { dueAt, generation, treatment })
  }
}
