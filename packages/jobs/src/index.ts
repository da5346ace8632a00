export { Backoff, type GrowthOptions } from "./Backoff.ts"
export {
  Continuous,
  type ContinuousContext,
  type ContinuousDefinition,
  type ContinuousOptions,
  type Every,
  type ExecutionControls,
  type ExecutionFacts,
  type StateSchema
} from "./Continuous.ts"
export { type CreatedJobsRuntime, createJobsRuntime } from "./createJobsRuntime.ts"
export { Dispatcher } from "./Dispatcher.ts"
export { AlarmRunner } from "./engine/AlarmRunner.ts"
export { OutboxDrain } from "./engine/OutboxDrain.ts"
export * from "./errors.ts"
export { emitJobEvent } from "./events/emitJobEvent.ts"
export { type JobEventDraft } from "./events/jobEventFor.ts"
export { type Redact } from "./events/payload.ts"
export { ContinuousHandler } from "./handlers/continuous/ContinuousHandler.ts"
export * from "./host/HostPort.ts"
export { JobsHost } from "./host/JobsHost.ts"
export type { SqliteHostOptions } from "./host/sqlite/sqliteHost.ts"
export { type AnyDefinition, type AnyDefinitions, createJobRegistry, type JobRegistry } from "./JobRegistry.ts"
export {
  type ContinuousAction,
  type ContinuousAnswers,
  type ContinuousRequests,
  type InstanceStatus,
  type JobRequest,
  type RequestFor
} from "./JobRequest.ts"
export { JobsClient, type JobsClientService, type UntypedContinuousClient } from "./JobsClient.ts"
export { JobsRuntime, type JobsRuntimeArguments, type JobsRuntimeOptions, type JobsServices } from "./JobsRuntime.ts"
export { type PromiseJobsClient } from "./PromiseJobsClient.ts"
export { type RetryOptions } from "./RetryPolicy.ts"
export { AlarmService } from "./services/AlarmService.ts"
export { CleanupService, type Termination } from "./services/CleanupService.ts"
export { EntityState } from "./services/EntityState.ts"
export { JobExecutionService } from "./services/JobExecutionService.ts"
export { MetadataService, type NewIncarnation } from "./services/MetadataService.ts"
export { RetryExecutor } from "./services/RetryExecutor.ts"
export { type ContinuousClient, jobsClient, type TypedJobsClient } from "./TypedJobsClient.ts"

/*
 * What the layers of the services above stand on, for programs that put single services together instead of taking
 * `JobsRuntime`. A step comes from `Instances`, which gives it to one fiber at a time; `StepStore` commits it.
 */
export { type StateCell } from "./Continuous.ts"
export { DispatchLink } from "./engine/DispatchLink.ts"
export { type Alarm, type ExecutionInProgress, type InstanceRecord } from "./engine/InstanceRecord.ts"
export { Instances } from "./engine/Instances.ts"
export { type Interruption, type JobStep } from "./engine/JobStep.ts"
export { Settings, type SettingsShape } from "./engine/Settings.ts"
export { Shutdown } from "./engine/Shutdown.ts"
export { type Signal, Signals } from "./engine/Signals.ts"
export { StepStore } from "./engine/StepStore.ts"
export { type NextRetry } from "./execution/nextRetry.ts"
export { type AttemptPlan, type ExecutionResult } from "./execution/Outcome.ts"
export { ContinuousRuns, type RunResult } from "./handlers/continuous/ContinuousRuns.ts"
export { type Decision } from "./handlers/continuous/decide.ts"
export { Registry, type RegistryServices } from "./JobRegistry.ts"
export { type RetryPolicy } from "./RetryPolicy.ts"
export { type Failure } from "./services/RetryExecutor.ts"
