import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import type { ExecutionResult } from "../../execution/Outcome.ts"

/** How the run begun by a call ended, for the call's answer. */
export interface RunEnd {
  readonly instanceId: string
  readonly result: ExecutionResult["_tag"] | "NothingToRun"
  /** The instance at that time. */
  readonly record: InstanceRecord | undefined
}

/** The end of an interrupted run: in a step that has run nothing, somebody has terminated it. */
export const lateEndOf = ({ instanceId, ran, record, stored }: JobStep): RunEnd =>
  ran === undefined ? { instanceId, result: "Interrupted", record: stored } : { instanceId, result: ran, record }
