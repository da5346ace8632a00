import { layerFreshPostgres } from "@durable-effect/test-support"
import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { answerMetrics } from "../../src/query/answerMetrics.ts"
import { answerPlan } from "../../src/query/answerPlan.ts"
import { answerPlans } from "../../src/query/answerPlans.ts"
import { answerTasks } from "../../src/query/answerTasks.ts"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import type { EventStore } from "../../src/storage/EventStore.ts"
import * as MemoryStores from "../../src/storage/memory/MemoryStores.ts"
import * as PgEventStore from "../../src/storage/postgres/PgEventStore.ts"
import * as PgQueries from "../../src/storage/postgres/PgQueries.ts"
import * as PgTimelineFeed from "../../src/storage/postgres/PgTimelineFeed.ts"
import type { Queries } from "../../src/storage/Queries.ts"
import type { StoreUnavailable } from "../../src/storage/StoreUnavailable.ts"
import type { TimelineFeed } from "../../src/storage/TimelineFeed.ts"
import { ingest } from "../support/ingest.ts"

export const pgStores = Layer.mergeAll(PgEventStore.layer, PgQueries.layer, PgTimelineFeed.layer).pipe(
  Layer.provide(layerFreshPostgres)
)

/** Every adapter of the ports. */
export const adapters: ReadonlyArray<
  readonly [name: string, layer: Layer.Layer<EventStore | Queries | TimelineFeed>]
> = [["in memory", MemoryStores.layer], ["in PostgreSQL", pgStores]]

/** Runs at this instant. Set before a pool is there: its timers would run through all the years at once. */
export const at = (instant: string) => <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(Date.parse(instant)), test)

/** When the tests of `onEachStore` ask. */
export const askedAt = "2026-01-11T10:05:00Z"

/** One test on each adapter, each on a store of its own. */
export const onEachStore = (
  name: string,
  test: () => Effect.Effect<unknown, unknown, EventStore | Queries | TimelineFeed>
) => {
  for (const [adapter, layer] of adapters) {
    it.effect(`${name} (${adapter})`, () => test().pipe(Effect.provide(layer), at(askedAt)))
  }
}

export const tenant = "acme"
export const tell = (...events: ReadonlyArray<unknown>) => ingest(tenant, events)
export const plan = (id: string) => answerPlan(tenant, id)
export const plans = (request: Parameters<typeof answerPlans>[1] = {}) =>
  Effect.map(answerPlans(tenant, request), ({ plans }) => plans)
export const tasks = (id: string) => Effect.map(answerTasks(tenant, id, {}), ({ tasks }) => tasks)
export const task = (planId: string, taskId: string) =>
  Effect.map(tasks(planId), (all) => all.find(({ task_id }) => task_id === taskId))
export const timeline = (id: string) => Effect.map(answerTimeline(tenant, id, {}), ({ events }) => events)
export const metrics = (agent: string, period?: string) => answerMetrics(tenant, agent, period)

/** What a question that cannot be answered is told. */
export const refused = <A, E extends { readonly _tag: string }, R>(
  question: Effect.Effect<A, E | StoreUnavailable, R>
) => Effect.flip(Effect.catchTag(question, "StoreUnavailable", (error) => Effect.die(error)))

/** An instant of the tests' day: `at(1, 30)` is 10:01:30. */
export const time = (minute: number, second: number = 0) =>
  `2026-01-11T10:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}Z`

let made = 0
/** An envelope with an id of its own. */
export const envelope = (
  type: string,
  time: string,
  data: object,
  attributes: object = {}
): { readonly id: string; readonly [name: string]: unknown } => ({
  id: `event-${++made}`,
  source: "worker",
  type,
  time,
  topic: "system-events",
  data,
  ...attributes
})
export const request = (taskId: string, time: string, data: object = {}, attributes: object = {}) =>
  envelope("web.search.requested", time, data, { topic: "action-requests", correlation_id: taskId, ...attributes })
export const result = (taskId: string, time: string, data: object = {}, attributes: object = {}) =>
  envelope("web.search.completed", time, data, { topic: "action-results", correlation_id: taskId, ...attributes })

/** Events of one life of the job instance `continuous:audit:1`, with the sequence that their order gives. */
export const life = (
  incarnationId: string,
  ...events: ReadonlyArray<readonly [type: string, time: string, fields?: object]>
) =>
  events.map(([type, timestamp, fields], i) => ({
    eventId: `${incarnationId}-${i + 1}`,
    timestamp,
    source: "job",
    type,
    instanceId: "continuous:audit:1",
    id: "1",
    jobType: "continuous",
    jobName: "audit",
    incarnationId,
    sequence: i + 1,
    ...(/^(execution|retry)/.test(type) ? { executionId: `${incarnationId}:r1` } : {}),
    ...fields
  }))

/** Events of one life that have these numbers. */
export const numbered = (incarnationId: string, ...sequences: ReadonlyArray<number>) =>
  sequences.flatMap((sequence) =>
    life(incarnationId, ["task.idle", time(1)]).map((event) => ({
      ...event,
      eventId: `${incarnationId}-${sequence}`,
      sequence
    }))
  )

/** Events of the job instance `{jobType}:audit:1` from an emitter that knew no incarnations. */
export const earlier = (
  jobType: string,
  ...events: ReadonlyArray<readonly [type: string, time: string, fields?: object]>
) =>
  events.map(([type, timestamp, fields]) => ({
    eventId: `earlier-${++made}`,
    timestamp,
    source: "job",
    type,
    instanceId: `${jobType}:audit:1`,
    jobType,
    jobName: "audit",
    ...fields
  }))

/** Events of the workflow `w`. */
export const workflow = (...events: ReadonlyArray<readonly [type: string, time: string, fields?: object]>) =>
  events.map(([type, timestamp, fields]) => ({
    eventId: `workflow-${++made}`,
    timestamp,
    source: "workflow",
    type,
    workflowId: "w",
    workflowName: "order",
    ...fields
  }))
