import { Context } from "effect"
import {
  type ContinuousDispatch,
  type UntypedContinuousClient,
  untypedContinuousClient
} from "./clients/continuousClient.ts"
import { type DebounceDispatch, type UntypedDebounceClient, untypedDebounceClient } from "./clients/debounceClient.ts"
import { type TaskDispatch, type UntypedTaskClient, untypedTaskClient } from "./clients/taskClient.ts"
import {
  type UntypedWorkerPoolClient,
  untypedWorkerPoolClient,
  type WorkerPoolDispatch
} from "./clients/workerPoolClient.ts"

/** Carries requests to the holder of the instances, by job type. */
export interface Dispatch {
  readonly continuous: ContinuousDispatch
  readonly debounce: DebounceDispatch
  readonly task: TaskDispatch
  readonly workerPool: WorkerPoolDispatch
}

export interface JobsClientService {
  readonly continuous: (name: string) => UntypedContinuousClient
  readonly debounce: (name: string) => UntypedDebounceClient
  readonly task: (name: string) => UntypedTaskClient
  readonly workerPool: (name: string) => UntypedWorkerPoolClient
}

/**
 * Calls jobs, from anywhere in an Effect program, including from inside a job. `jobsClient` adds the types.
 *
 * Inside a job, two things differ. `HostUnavailable` does not reach the handler: the handler is stopped, and the same
 * attempt runs again later, since a failing host uses up no attempt. And a call that would wait for an instance whose
 * handler waits for the caller's fails with `InvalidInput`, as both would wait forever.
 */
export class JobsClient extends Context.Service<JobsClient, JobsClientService>()("@durable-effect/jobs/JobsClient") {}

export const makeJobsClient = (dispatch: Dispatch): JobsClientService => ({
  continuous: (name) => untypedContinuousClient(dispatch.continuous, name),
  debounce: (name) => untypedDebounceClient(dispatch.debounce, name),
  task: (name) => untypedTaskClient(dispatch.task, name),
  workerPool: (name) => untypedWorkerPoolClient(dispatch.workerPool, name)
})
