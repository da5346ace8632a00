import type { AttemptPlan } from "../execution/Outcome.ts"
import type { InstanceRecord } from "./InstanceRecord.ts"

type About = Pick<AttemptPlan, "runCount" | "attempt" | "executionId">

const aboutExecution = ({ execution, runCount }: InstanceRecord): { readonly [Field in keyof About]: unknown } => ({
  runCount,
  attempt: execution?.attempt ?? 0,
  executionId: execution?.executionId ?? null
})

/**
 * What a line in the log about an instance tells of it: what its id does and, as far as they are known, run, attempt and
 * execution. Between executions it is at attempt 0 of none.
 */
export const logAnnotations = (
  instanceId: string,
  record: InstanceRecord | undefined,
  about?: About
): Record<string, unknown> => {
  // `{jobType}:{jobName}:{id}`
  const ofId = { instanceId, jobName: instanceId.split(":")[1] }
  if (about === undefined) return record === undefined ? ofId : { ...ofId, ...aboutExecution(record) }
  const { attempt, executionId, runCount } = about
  return { ...ofId, runCount, attempt, executionId }
}
