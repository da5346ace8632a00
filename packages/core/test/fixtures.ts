import { Effect } from "effect"
import { createJobBaseEvent } from "../src/events/create.ts"
import type { ExecutionStarted } from "../src/events/JobEvent.ts"

const incarnationId = "0194a1f0-0000-7000-8000-000000000001"

/** The `sequence`-th event of a job, complete and valid. */
export const jobEvent = (sequence = 1): Effect.Effect<typeof ExecutionStarted.Type> =>
  Effect.map(
    createJobBaseEvent({
      instanceId: "continuous:audit:1",
      jobType: "continuous",
      jobName: "audit",
      incarnationId,
      sequence,
      executionId: `${incarnationId}:r${sequence}`,
      traceId: "0af7651916cd43dd8448eb211c80319c"
    }),
    (base) => ({
      ...base,
      type: "execution.started" as const,
      runCount: sequence,
      attempt: 1,
      isRetry: false,
      trigger: "alarm" as const,
      handler: "execute" as const
    })
  )

/** That many events of one job, in order. */
export const jobEvents = (count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, index) => index + 1), jobEvent)
