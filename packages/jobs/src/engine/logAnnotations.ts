import type { AttemptPlan } from "../execution/Outcome.ts"
import type { InstanceRecord } from "./InstanceRecord.ts"

type About = Pick<AttemptPlan, "runCount" | "attempt" | "executionId">

const aboutExecution = ({ execution, runCount }: InstanceRecord): { readonly [Field in keyof About]: unknown } => ({
  runCount,
  attempt: execution?.attempt ?? 0,
  executionId: execution?.executionId ?? null
})

/**
 * Log annotations for an instance: the parts of its id and, as far as known, run, attempt and execution. Between
 * executions, the attempt is 0 and there is no execution.
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
