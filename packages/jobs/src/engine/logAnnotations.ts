import type { AttemptPlan } from "../execution/Outcome.ts"
import type { InstanceRecord } from "./InstanceRecord.ts"

/** What a line in the log about an instance tells of it; between executions it is at attempt 0 of none. */
export const logAnnotations = (
  instanceId: string,
  record: InstanceRecord | undefined,
  plan?: Pick<AttemptPlan, "runCount" | "attempt" | "executionId">
): Record<string, unknown> => ({
  instanceId,
  // `{jobType}:{jobName}:{id}`
  jobName: record?.jobName ?? instanceId.split(":")[1],
  runCount: plan?.runCount ?? record?.runCount ?? 0,
  attempt: plan?.attempt ?? record?.execution?.attempt ?? 0,
  executionId: plan?.executionId ?? record?.execution?.executionId ?? null
})
