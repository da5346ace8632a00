import type { JobType } from "@durable-effect/core"
import type { ContinuousAction, ContinuousAnswers, ContinuousRequest } from "./requests/continuous.ts"
import type { DebounceAction, DebounceAnswers, DebounceRequest } from "./requests/debounce.ts"
import type { Target } from "./requests/Target.ts"
import type { TaskAction, TaskAnswers, TaskRequest } from "./requests/task.ts"
import type { WorkerPoolAction, WorkerPoolAnswers, WorkerPoolRequest } from "./requests/workerPool.ts"

/** Every request to a job, as data, distinguished by `type` and `action`. */
export type JobRequest =
  | { readonly [A in ContinuousAction]: ContinuousRequest<A> }[ContinuousAction]
  | { readonly [A in DebounceAction]: DebounceRequest<A> }[DebounceAction]
  | { readonly [A in TaskAction]: TaskRequest<A> }[TaskAction]
  | { readonly [A in WorkerPoolAction]: WorkerPoolRequest<A> }[WorkerPoolAction]

export type JobAnswer =
  | ContinuousAnswers[ContinuousAction]
  | DebounceAnswers[DebounceAction]
  | TaskAnswers[TaskAction]
  | WorkerPoolAnswers[WorkerPoolAction]

/** The answer to a request. */
export type AnswerTo<R extends JobRequest> = R extends { readonly type: "continuous"; readonly action: infer A }
  ? ContinuousAnswers[A & ContinuousAction]
  : R extends { readonly type: "debounce"; readonly action: infer A } ? DebounceAnswers[A & DebounceAction]
  : R extends { readonly type: "task"; readonly action: infer A } ? TaskAnswers[A & TaskAction]
  : R extends { readonly type: "workerPool"; readonly action: infer A } ? WorkerPoolAnswers[A & WorkerPoolAction]
  : never

export const instanceIdFor = (target: Target<JobType>): string => `${target.type}:${target.name}:${target.id}`
