/** How late something may be before it counts as overdue: clocks differ and events take time to arrive. */
export const graceMs = 60_000

/** Whether an instant is past by more than the grace period. */
export const isOverdue = (instant: string | null, nowMs: number): boolean =>
  instant !== null && nowMs > Date.parse(instant) + graceMs
