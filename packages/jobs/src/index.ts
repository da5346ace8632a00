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
