import {
  type EventTracker,
  type HttpBatchTrackerConfig,
  HttpBatchTrackerLayer,
  type InvalidTrackerConfig,
  NoopTrackerLayer
} from "@durable-effect/core"
import { type Duration, Effect, Latch, Layer } from "effect"
import { Dispatcher } from "./Dispatcher.ts"
import { durationOption } from "./durationOption.ts"
import { AlarmRunner } from "./engine/AlarmRunner.ts"
import { DispatchLink } from "./engine/DispatchLink.ts"
import { Housekeeping } from "./engine/Housekeeping.ts"
import { Instances } from "./engine/Instances.ts"
import { JobMetrics } from "./engine/JobMetrics.ts"
import { OutboxDrain } from "./engine/OutboxDrain.ts"
import { Settings } from "./engine/Settings.ts"
import { Shutdown } from "./engine/Shutdown.ts"
import { Signals } from "./engine/Signals.ts"
import { StepStore } from "./engine/StepStore.ts"
import { LastCall } from "./engine/userCode.ts"
import type { HostUnavailable } from "./errors.ts"
import type { Redact } from "./events/payload.ts"
import { CommonActions } from "./handlers/common/CommonActions.ts"
import { ContinuousHandler } from "./handlers/continuous/ContinuousHandler.ts"
import { ContinuousRuns } from "./handlers/continuous/ContinuousRuns.ts"
import { DebounceBuffers } from "./handlers/debounce/DebounceBuffers.ts"
import { DebounceHandler } from "./handlers/debounce/DebounceHandler.ts"
import { DebounceRuns } from "./handlers/debounce/DebounceRuns.ts"
import { TaskHandler } from "./handlers/task/TaskHandler.ts"
import { TaskRuns } from "./handlers/task/TaskRuns.ts"
import { PoolAttempts } from "./handlers/worker-pool/PoolAttempts.ts"
import { PoolDeadLetters } from "./handlers/worker-pool/PoolDeadLetters.ts"
import { PoolEnds } from "./handlers/worker-pool/PoolEnds.ts"
import { PoolIncarnations } from "./handlers/worker-pool/PoolIncarnations.ts"
import { PoolMoves } from "./handlers/worker-pool/PoolMoves.ts"
import { PoolPlacement } from "./handlers/worker-pool/PoolPlacement.ts"
import { PoolQueue } from "./handlers/worker-pool/PoolQueue.ts"
import { PoolReads } from "./handlers/worker-pool/PoolReads.ts"
import { PoolRetries } from "./handlers/worker-pool/PoolRetries.ts"
import { PoolRows } from "./handlers/worker-pool/PoolRows.ts"
import { PoolSessions } from "./handlers/worker-pool/PoolSessions.ts"
import { PoolShards } from "./handlers/worker-pool/PoolShards.ts"
import { PoolSteps } from "./handlers/worker-pool/PoolSteps.ts"
import { tellPoolDepths } from "./handlers/worker-pool/tellPoolDepths.ts"
import { WorkerPoolHandler } from "./handlers/worker-pool/WorkerPoolHandler.ts"
import { JobsHost } from "./host/JobsHost.ts"
import { type AnyDefinitions, type JobRegistry, registryLayer, type RegistryServices } from "./JobRegistry.ts"
import { JobsClient, makeJobsClient } from "./JobsClient.ts"
import { AlarmService } from "./services/AlarmService.ts"
import { CleanupService } from "./services/CleanupService.ts"
import { DedupeKeys } from "./services/DedupeKeys.ts"
import { EntityState } from "./services/EntityState.ts"
import { InstanceSteps } from "./services/InstanceSteps.ts"
import { JobExecutionService } from "./services/JobExecutionService.ts"
import { MetadataService } from "./services/MetadataService.ts"
import { RetryExecutor } from "./services/RetryExecutor.ts"

interface BaseOptions<TrackerError, HostError> {
  /** Where instances are stored. Default `JobsHost.memory`. Each runtime opens its own. */
  readonly host?: Layer.Layer<JobsHost, HostUnavailable | HostError>
  /**
   * Where events go: the options of an HTTP tracker, or any tracker's layer. Default: nowhere, at no cost.
   */
  readonly tracker?: HttpBatchTrackerConfig | Layer.Layer<EventTracker, TrackerError>
  /** Changes or hides user data in events before they are stored. Default: leaves it unchanged. */
  readonly redact?: Redact
  /**
   * How long shutdown waits for running handlers before it interrupts them. Default 10 seconds. A handler that is
   * interrupted, by shutdown, `terminate` or its timeout, has the same time to end, but at most 3 seconds at shutdown;
   * then it is abandoned.
   */
  readonly gracePeriod?: Duration.Input
  /**
   * Maximum number of instances that run on their alarms at a time; 0: this runtime serves no alarms by itself. Default
   * 64.
   */
  readonly alarmConcurrency?: number
}

/**
 * The options of a runtime. `layer` must provide what the definitions require, and may be omitted if they require
 * nothing.
 */
export type JobsRuntimeOptions<R, E = never, TrackerError = never, HostError = never> = [R] extends [never]
  ? BaseOptions<TrackerError, HostError> & { readonly layer?: Layer.Layer<never, E> }
  : BaseOptions<TrackerError, HostError> & { readonly layer: Layer.Layer<R, E> }

export type JobsRuntimeArguments<R, E = never, TrackerError = never, HostError = never> = [R] extends [never]
  ? [options?: JobsRuntimeOptions<R, E, TrackerError, HostError>]
  : [options: JobsRuntimeOptions<R, E, TrackerError, HostError>]

/** The services of a runtime, for tests and for hosts with their own way to wake instances. */
export type JobsServices =
  | Dispatcher
  | ContinuousHandler
  | DebounceHandler
  | TaskHandler
  | WorkerPoolHandler
  | MetadataService
  | AlarmService
  | EntityState
  | JobExecutionService
  | RetryExecutor
  | CleanupService
  | OutboxDrain
  | JobsClient
  | Shutdown

const debounce = DebounceHandler.layer.pipe(
  Layer.provide(DebounceRuns.layer),
  Layer.provide(DebounceBuffers.layer)
)

/** Everything `WorkerPoolHandler` is built from that other handlers do not need. */
const pools = WorkerPoolHandler.layer.pipe(
  Layer.provideMerge(PoolShards.layer),
  Layer.provideMerge(PoolSessions.layer),
  Layer.provideMerge(PoolSteps.layer),
  Layer.provideMerge(PoolEnds.layer),
  Layer.provideMerge(
    Layer.mergeAll(PoolAttempts.layer, PoolIncarnations.layer, PoolQueue.layer, PoolPlacement.layer, PoolReads.layer)
  ),
  Layer.provideMerge(Layer.mergeAll(PoolDeadLetters.layer, PoolRetries.layer)),
  Layer.provideMerge(PoolMoves.layer),
  Layer.provideMerge(PoolRows.layer)
)

const handlers = Layer.mergeAll(ContinuousHandler.layer, debounce, TaskHandler.layer, pools).pipe(
  Layer.provideMerge(Layer.mergeAll(ContinuousRuns.layer, TaskRuns.layer)),
  Layer.provideMerge(CommonActions.layer),
  Layer.provideMerge(Layer.mergeAll(JobExecutionService.layer, InstanceSteps.layer)),
  Layer.provideMerge(DedupeKeys.layer),
  Layer.provideMerge(RetryExecutor.layer),
  Layer.provideMerge(CleanupService.layer),
  Layer.provideMerge(Layer.mergeAll(AlarmService.layer, MetadataService.layer, EntityState.layer)),
  Layer.provideMerge(Instances.layer),
  Layer.provideMerge(StepStore.layer)
)

const client = Layer.effect(
  JobsClient,
  Effect.map(Dispatcher, (dispatcher) => makeJobsClient(dispatcher))
)

const allServices = (registry: JobRegistry) =>
  Layer.mergeAll(client, AlarmRunner.layer, OutboxDrain.layer, Housekeeping.layer, tellPoolDepths(registry)).pipe(
    Layer.provideMerge(Dispatcher.layer),
    Layer.provideMerge(handlers),
    Layer.provideMerge(Layer.mergeAll(registryLayer(registry), Signals.layer, JobMetrics.layer)),
    Layer.provideMerge(DispatchLink.layer),
    Layer.provideMerge(Layer.sync(LastCall, () => Latch.makeUnsafe()))
  )

/**
 * Effect builds a layer once for everyone who refers to it, and ours are constants: without this, two runtimes in one
 * program would be one, with the registry and host of whichever came first.
 */
const ofItsOwn = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> => Layer.suspend(() => Layer.fresh(layer))

/**
 * Everything between a host and the client, as used by `layer`: you provide host, tracker and the definitions'
 * requirements. Without a tracker in context, tracking is off.
 */
const services = <Defs extends AnyDefinitions>(
  registry: JobRegistry<Defs>
): Layer.Layer<JobsServices, never, JobsHost | RegistryServices<Defs>> =>
  ofItsOwn(Layer.provideMerge(Shutdown.layer, allServices(registry)))

const trackerLayer = <E>(
  tracker: HttpBatchTrackerConfig | Layer.Layer<EventTracker, E> | undefined
): Layer.Layer<EventTracker, E | InvalidTrackerConfig> => {
  if (tracker === undefined) return NoopTrackerLayer
  if (isTrackerLayer(tracker)) return tracker
  return HttpBatchTrackerLayer(tracker)
}

const isTrackerLayer = <E>(
  tracker: HttpBatchTrackerConfig | Layer.Layer<EventTracker, E>
): tracker is Layer.Layer<EventTracker, E> => Layer.isLayer(tracker)

const settings = ({ alarmConcurrency, gracePeriod, redact }: BaseOptions<unknown, unknown>) => {
  const defaults = Settings.defaultValue()
  if (alarmConcurrency !== undefined && !(Number.isSafeInteger(alarmConcurrency) && alarmConcurrency >= 0)) {
    throw new RangeError(`alarmConcurrency must be a whole number from 0 on, not ${alarmConcurrency}`)
  }
  return Layer.succeed(Settings, {
    redact: redact ?? defaults.redact,
    gracePeriodMs: gracePeriod === undefined ? defaults.gracePeriodMs : durationOption("gracePeriod", gracePeriod),
    alarmConcurrency: alarmConcurrency ?? defaults.alarmConcurrency
  })
}

/**
 * A runtime as a layer: `JobsClient` and the services. Alarms run and events are sent while its scope is open; closing
 * it waits for running handlers, at most `gracePeriod`. Each layer is a separate runtime with its own host; whatever
 * `tracker` and `layer` provide is shared with others who refer to them. Throws a RangeError naming any option that is
 * out of range.
 */
const layer = <Defs extends AnyDefinitions, E = never, TrackerError = never, HostError = never>(
  registry: JobRegistry<Defs>,
  ...[options]: JobsRuntimeArguments<RegistryServices<Defs>, E, TrackerError, HostError>
): Layer.Layer<JobsServices, HostUnavailable | InvalidTrackerConfig | E | TrackerError | HostError> => {
  const base: BaseOptions<TrackerError, HostError> & { readonly layer?: Layer.Layer<never, E> } = options ?? {}
  const runtime = Shutdown.layer.pipe(
    Layer.provideMerge(allServices(registry)),
    Layer.provideMerge(base.host ?? JobsHost.memory)
  )
  return ofItsOwn(runtime).pipe(
    Layer.provideMerge(trackerLayer(base.tracker)),
    Layer.provideMerge(settings(base)),
    // Last, so that a clock, logger or tracer in it applies to everything.
    Layer.provideMerge(base.layer ?? Layer.empty)
  )
}

export const JobsRuntime = { layer, services }
