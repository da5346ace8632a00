export * from "./events/create.ts"
export { Topic } from "./events/define.ts"
export { enrichEvent } from "./events/enrichEvent.ts"
export * from "./events/EventIds.ts"
export * from "./events/header.ts"
export * from "./events/Instant.ts"
export { isTerminalEvent } from "./events/isTerminalEvent.ts"
export * from "./events/JobEvent.ts"
export * from "./events/TaskEvent.ts"
export * from "./events/TrackingEvent.ts"
export * from "./EventTracker.ts"
export { FetchTransportLayer } from "./http-batch/FetchTransport.ts"
export { HttpBatchTrackerConfig, type TrackerLoss, type TrackerRetry } from "./http-batch/HttpBatchTrackerConfig.ts"
export { HttpClientTransportLayer } from "./http-batch/HttpClientTransport.ts"
export { InvalidTrackerConfig } from "./http-batch/options.ts"
export {
  TrackerTransport,
  TransportFailed,
  type TransportRequest,
  type TransportResponse
} from "./http-batch/Transport.ts"
export { createHttpBatchTracker, HttpBatchTrackerLayer } from "./HttpBatchTracker.ts"
export * from "./InMemoryTracker.ts"
export * from "./NoopTracker.ts"
export * from "./task/TaskState.ts"
