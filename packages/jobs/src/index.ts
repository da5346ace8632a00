export { Backoff, type GrowthOptions } from "./Backoff.ts"
export { type ContinuousClient, type UntypedContinuousClient } from "./clients/continuousClient.ts"
export { type DebounceClient, type UntypedDebounceClient } from "./clients/debounceClient.ts"
export { type TaskClient, type UntypedTaskClient } from "./clients/taskClient.ts"
export { type UntypedWorkerPoolClient, type WorkerPoolClient } from "./clients/workerPoolClient.ts"
export { Continuous, type ContinuousContext, type ContinuousDefinition, type ContinuousOptions } from "./Continuous.ts"
export { type CreatedJobsRuntime, createJobsRuntime } from "./createJobsRuntime.ts"
export {
  type AddedEvent,
  Debounce,
  type DebounceContext,
  type DebounceDefinition,
  type DebounceEvent,
  type DebounceOfEvents,
  type DebounceOfLatest,
  type DebounceOfState,
  type FlushFacts
} from "./Debounce.ts"
export { Dispatcher } from "./Dispatcher.ts"
export { AlarmRunner } from "./engine/AlarmRunner.ts"
export { OutboxDrain } from "./engine/OutboxDrain.ts"
export * from "./errors.ts"
export { emitJobEvent } from "./events/emitJobEvent.ts"
export { type JobEventDraft } from "./events/jobEventJson.ts"
export { type Redact } from "./events/payload.ts"
export type { DurableState, ExecutionControls, ExecutionFacts, Job, StateCell } from "./Execution.ts"
export { AttemptTimedOut, InvalidState } from "./execution/attemptError.ts"
export type { TaskAttempt, TaskAttemptOptions, TaskFacts, TaskLeft } from "./execution/taskAttempt.ts"
export { NoState, type Scheduled, type TaskControls } from "./execution/taskDraft.ts"
export { InvalidInstant, type TaskInstant } from "./execution/taskInstant.ts"
export { CommonActions } from "./handlers/common/CommonActions.ts"
export { ContinuousHandler } from "./handlers/continuous/ContinuousHandler.ts"
export { DebounceHandler } from "./handlers/debounce/DebounceHandler.ts"
export { TaskHandler } from "./handlers/task/TaskHandler.ts"
export { WorkerPoolHandler } from "./handlers/worker-pool/WorkerPoolHandler.ts"
export * from "./host/HostPort.ts"
export { JobsHost } from "./host/JobsHost.ts"
export type { SqliteHostOptions } from "./host/sqlite/sqliteHost.ts"
export { type AnyDefinition, type AnyDefinitions, createJobRegistry, type JobRegistry } from "./JobRegistry.ts"
export { type AnswerTo, type JobAnswer, type JobRequest } from "./JobRequest.ts"
export { type Dispatch, JobsClient, type JobsClientService } from "./JobsClient.ts"
export { JobsRuntime, type JobsRuntimeArguments, type JobsRuntimeOptions, type JobsServices } from "./JobsRuntime.ts"
export { type PromiseJobsClient } from "./PromiseJobsClient.ts"
export * from "./requests/continuous.ts"
export * from "./requests/debounce.ts"
export type { Mutation, Target } from "./requests/Target.ts"
export * from "./requests/task.ts"
export * from "./requests/workerPool.ts"
export { type OnExhausted, type RetryOptions } from "./RetryPolicy.ts"
export { type CatchUp, type ContinuousSchedule, type CronSchedule, type Every } from "./Schedule.ts"
export { AlarmService } from "./services/AlarmService.ts"
export { CleanupService, type FinalFailure, type Termination } from "./services/CleanupService.ts"
export { DedupeKeys } from "./services/DedupeKeys.ts"
export { EntityState } from "./services/EntityState.ts"
export { InstanceSteps } from "./services/InstanceSteps.ts"
export { JobExecutionService, type Work } from "./services/JobExecutionService.ts"
export { MetadataService, type NewIncarnation } from "./services/MetadataService.ts"
export { RetryExecutor } from "./services/RetryExecutor.ts"
export { type RuntimeServices } from "./services/runtimeServices.ts"
export { type Storable, type StorableSchema } from "./Storable.ts"
export {
  type StoredTask,
  Task,
  type TaskContext,
  type TaskDefinition,
  type TaskOptions,
  type Unreadable
} from "./Task.ts"
export {
  type ContinuousClientOf,
  type DebounceClientOf,
  jobsClient,
  type TaskClientOf,
  type TypedJobsClient,
  type WorkerPoolClientOf
} from "./TypedJobsClient.ts"
export {
  type ItemFacts,
  type ItemJob,
  WorkerPool,
  type WorkerPoolContext,
  type WorkerPoolDefinition,
  type WorkerPoolOptions
} from "./WorkerPool.ts"

/*
 * What the layers of the services above stand on, for programs that put single services together instead of taking
 * `JobsRuntime`. A step comes from `Instances`, which gives it to one fiber at a time; `StepStore` commits it.
 */
export { type DebounceBuffer, type FlushReason, type NextBuffer } from "./engine/DebounceBuffer.ts"
export { DispatchLink } from "./engine/DispatchLink.ts"
export { type Alarm, type ExecutionInProgress, type InstanceRecord } from "./engine/InstanceRecord.ts"
export { Instances } from "./engine/Instances.ts"
export { Interrupter, type Interruption } from "./engine/Interrupter.ts"
export { type AttemptOutcome, JobMetrics } from "./engine/JobMetrics.ts"
export { type JobStep } from "./engine/JobStep.ts"
export { Settings, type SettingsShape } from "./engine/Settings.ts"
export { Shutdown } from "./engine/Shutdown.ts"
export { type Signal, Signals } from "./engine/Signals.ts"
export { StepStore } from "./engine/StepStore.ts"
export { type TaskRecord } from "./engine/TaskRecord.ts"
export { type Trace } from "./engine/Trace.ts"
export { type NextRetry } from "./execution/nextRetry.ts"
export { type AttemptPlan, type ExecutionResult } from "./execution/Outcome.ts"
export { type RunResult } from "./handlers/common/runEnds.ts"
export { ContinuousRuns } from "./handlers/continuous/ContinuousRuns.ts"
export { type Decision } from "./handlers/continuous/decide.ts"
export { type Addition, DebounceBuffers } from "./handlers/debounce/DebounceBuffers.ts"
export { DebounceRuns } from "./handlers/debounce/DebounceRuns.ts"
export { type Decision as DebounceDecision, type Flush } from "./handlers/debounce/decide.ts"
export { type Decision as TaskDecision } from "./handlers/task/decide.ts"
export { TaskRuns } from "./handlers/task/TaskRuns.ts"
export { Registry, type RegistryServices } from "./JobRegistry.ts"
export { type RetryPolicy } from "./RetryPolicy.ts"
export { type Failure } from "./services/RetryExecutor.ts"
