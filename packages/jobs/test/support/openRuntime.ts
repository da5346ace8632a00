import { createInMemoryTracker, EventTracker, type EventTrackerService, JobEvent } from "@durable-effect/core"
import { Context, Effect, Exit, Layer, Schema, Scope } from "effect"
import {
  type ContinuousDefinition,
  type DebounceDefinition,
  Dispatcher,
  type HostUnavailable,
  type JobRegistry,
  JobsClient,
  type JobsHost,
  JobsRuntime,
  OutboxDrain,
  type Redact,
  type StorableSchema,
  type TaskDefinition,
  type WorkerPoolDefinition
} from "../../src/index.ts"
import { typedJobsClient } from "../../src/TypedJobsClient.ts"

export interface Options {
  readonly redact?: Redact
  readonly gracePeriod?: number
  readonly alarmConcurrency?: number
  /** In place of the tracker in memory. */
  readonly tracker?: EventTrackerService
}

/** Definitions that need nothing but what each runtime has. */
export type SelfContained = {
  readonly [name: string]:
    | ContinuousDefinition<StorableSchema, JobsClient>
    | DebounceDefinition<StorableSchema, StorableSchema, JobsClient>
    | TaskDefinition<StorableSchema, StorableSchema, JobsClient>
    | WorkerPoolDefinition<StorableSchema, JobsClient>
}

const isJobEvent = Schema.is(JobEvent)

/** A runtime with a tracker in memory, up until the test's scope closes or `close`. */
export const openRuntime = Effect.fnUntraced(function*<Defs extends SelfContained>(
  registry: JobRegistry<Defs>,
  host: Layer.Layer<JobsHost, HostUnavailable>,
  { tracker: given, ...options }: Options = {}
) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const { handle, tracker } = yield* createInMemoryTracker()
  const context = yield* Layer.buildWithScope(
    JobsRuntime.layer<SelfContained>(registry, {
      ...options,
      host,
      tracker: Layer.succeed(EventTracker, given ?? tracker)
    }),
    scope
  )
  const outbox = Context.get(context, OutboxDrain)
  const allEvents = Effect.andThen(outbox.flush, handle.getEvents())
  return {
    client: typedJobsClient(registry, Context.get(context, JobsClient)),
    jobs: Context.get(context, JobsClient),
    dispatcher: Context.get(context, Dispatcher),
    handle,
    flush: outbox.flush,
    close: Scope.close(scope, Exit.void),
    /** All that the tracker was given. */
    allEvents,
    /** The job events so far, each proven to fit the vocabulary. */
    events: Effect.map(allEvents, (events) => events.filter(isJobEvent))
  }
})
