import type { DebounceAnswers, TaskAnswers } from "../../src/index.ts"

/** The answer of an add to the buffer of `a`, unless told otherwise one that was there and waits. */
export const added = (
  told: Pick<DebounceAnswers["add"], "eventCount" | "willFlushAt"> & Partial<DebounceAnswers["add"]>
): DebounceAnswers["add"] => ({
  instanceId: "debounce:job:a",
  created: false,
  retryScheduled: false,
  status: "debouncing",
  ...told
})

/** The answer of a send to `a`, unless told otherwise one that was there and has nothing scheduled. */
export const sent = (told: Partial<TaskAnswers["send"]> = {}): TaskAnswers["send"] => ({
  instanceId: "task:job:a",
  created: false,
  scheduledAt: null,
  status: "idle",
  ...told
})
