/** How long after its time something is still not late: clocks differ and events travel. */
export const graceMs = 60_000

/** Whether an instant has passed by more than the grace. */
export const isOverdue = (instant: string | null, nowMs: number): boolean =>
  instant !== null && nowMs > Date.parse(instant) + graceMs
