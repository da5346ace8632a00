import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import type { NewKey } from "../api/adminViews.ts"
import type { PlanStatus, RejectionCode } from "../api/views.ts"
import { type CallOptions, runningOn } from "./running.ts"
import { tail, type TailOptions } from "./tail.ts"
import { type ClientOptions, make, TrackerClient } from "./TrackerClient.ts"

export interface PromiseClientOptions extends ClientOptions {
  /** The `fetch` to use. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Options of every list. */
export interface ListOptions extends CallOptions {
  /** Entries per page, 1 to 500. Default 100. */
  readonly limit?: number | undefined
  /** `next_cursor` of the page before the first one wanted. Default: start at the beginning. */
  readonly cursor?: string | undefined
}

/** Filters for plans; all given conditions must hold. */
export interface PlanFilter {
  readonly status?: PlanStatus | undefined
  readonly sessionId?: string | undefined
  readonly agentId?: string | undefined
  /** RFC 3339: plans that began then or later. */
  readonly since?: string | undefined
}

/** The last minutes, hours or days: `30m`, `12h`, `7d`, up to `400d`. */
export interface PeriodOptions extends CallOptions {
  readonly period?: string | undefined
}

/** The defined values as query parameters. */
const query = (given: { readonly [name: string]: string | number | undefined }): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]])
  )

const ofPlan = (plan_id: string) => ({ params: { plan_id } })

/**
 * The server's routes as promises, and its lists and stream as async iterables. Errors are thrown: problems as
 * instances of their classes (`NotFound`, `Unauthorized`, …) with `status`, `type`, `title` and `detail`; `Unreachable`
 * if there was no response, `UnexpectedAnswer` if there was a different one.
 */
export const createTrackerClient = ({ fetch, ...options }: PromiseClientOptions) => {
  if (!/^https?:\/\//.test(options.url) || !URL.canParse(options.url)) {
    throw new TypeError(`\`url\` is where tracker-server is, such as http://127.0.0.1:8084; not ${options.url}`)
  }
  const client = Effect.runSync(
    Effect.provide(
      make(options),
      fetch === undefined
        ? FetchHttpClient.layer
        : Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
    )
  )
  const { admin, ingest, query: ask, statistics } = client
  const { iterable, list, promise } = runningOn(options.url)

  return {
    /** `GET /v1/tracker/plans/{plan_id}`; a job instance's id means its newest incarnation. */
    plan: (planId: string, call?: CallOptions) => promise(ask.plan(ofPlan(planId)), call),
    /** `GET /v1/tracker/plans`, newest first. */
    plans: ({ agentId, limit, sessionId, since, status, ...call }: PlanFilter & ListOptions = {}) =>
      list(
        (from) =>
          ask.plans({
            query: {
              ...query({ limit, session_id: sessionId, agent_id: agentId, since, ...from }),
              ...(status === undefined ? {} : { status })
            }
          }),
        ({ plans }) => plans,
        call
      ),
    /** `GET /v1/tracker/plans/{plan_id}/sub-plans` */
    subPlans: (planId: string, { limit, ...call }: ListOptions = {}) =>
      list((from) => ask.subPlans({ ...ofPlan(planId), query: query({ limit, ...from }) }), ({ plans }) => plans, call),
    /** `GET /v1/tracker/plans/{plan_id}/hierarchy` */
    hierarchy: (planId: string, call?: CallOptions) => promise(ask.hierarchy(ofPlan(planId)), call),
    /** `GET /v1/tracker/sessions/{session_id}/plans` */
    sessionPlans: (session_id: string, { limit, ...call }: ListOptions = {}) =>
      list(
        (from) => ask.sessionPlans({ params: { session_id }, query: query({ limit, ...from }) }),
        ({ plans }) => plans,
        call
      ),
    /** `GET /v1/tracker/plans/{plan_id}/tasks` */
    planTasks: (planId: string, { limit, ...call }: ListOptions = {}) =>
      list(
        (from) => ask.planTasks({ ...ofPlan(planId), query: query({ limit, ...from }) }),
        ({ tasks }) => tasks,
        call
      ),
    /** `GET /v1/tracker/plans/{plan_id}/timeline` */
    planTimeline: (planId: string, { limit, ...call }: ListOptions = {}) =>
      list(
        (from) => ask.planTimeline({ ...ofPlan(planId), query: query({ limit, ...from }) }),
        ({ events }) => events,
        call
      ),
    /** `GET /v1/tracker/tasks/{task_id}`, with its transitions; beyond 10,000, continue at `cursor`. */
    task: (task_id: string, { cursor, ...call }: CallOptions & { readonly cursor?: string | undefined } = {}) =>
      promise(ask.task({ params: { task_id }, query: query({ cursor }) }), call),
    /** `GET /v1/tracker/tasks/{task_id}/explain` */
    explain: (task_id: string, { cursor, limit, ...call }: ListOptions = {}) =>
      promise(ask.explain({ params: { task_id }, query: query({ cursor, limit }) }), call),
    /** `GET /v1/tracker/delegation-groups/{group_id}`; beyond 10,000 tasks, continue at `cursor`. */
    delegationGroup: (
      group_id: string,
      { cursor, ...call }: CallOptions & { readonly cursor?: string | undefined } = {}
    ) => promise(ask.delegationGroup({ params: { group_id }, query: query({ cursor }) }), call),
    /** `GET /v1/tracker/metrics`; default: the last 7 days. */
    metrics: (agent_id: string, { period, ...call }: PeriodOptions = {}) =>
      promise(ask.metrics({ query: { agent_id, ...query({ period }) } }), call),
    /**
     * `GET /v1/tracker/metrics/series`; `bucket` is written like a period, of which `period` may contain at most 1,000.
     */
    metricsSeries: (
      agent_id: string,
      { bucket, period, ...call }: PeriodOptions & { readonly bucket?: string | undefined } = {}
    ) => promise(statistics.metricsSeries({ query: { agent_id, ...query({ bucket, period }) } }), call),
    /** `GET /v1/tracker/agents`, each as in `metrics`; default: the last 7 days. */
    agents: ({ limit, period, ...call }: PeriodOptions & ListOptions = {}) =>
      list((from) => statistics.agents({ query: query({ limit, period, ...from }) }), ({ agents }) => agents, call),
    /** `GET /v1/tracker/jobs`; runs of the period, default: all. */
    jobs: ({ limit, period, ...call }: PeriodOptions & ListOptions = {}) =>
      list((from) => statistics.jobs({ query: query({ limit, period, ...from }) }), ({ jobs }) => jobs, call),
    /** `GET /v1/tracker/jobs/{job_name}` */
    job: (job_name: string, { period, ...call }: PeriodOptions = {}) =>
      promise(statistics.job({ params: { job_name }, query: query({ period }) }), call),
    /** `GET /v1/tracker/ingest` */
    ingestHealth: (call?: CallOptions) => promise(statistics.ingest({}), call),
    /**
     * `GET /v1/tracker/stream`: live events, until the loop is left or the signal aborts it. A lost connection is
     * re-established and resumes right after the last message.
     */
    tail: ({ signal, ...tailed }: TailOptions & CallOptions = {}) =>
      iterable(Stream.provideService(tail(tailed), TrackerClient, client), { signal }),
    /**
     * `POST /v1/events`; returns each event's outcome. For delivery with retries and a queue, use core's
     * `HttpBatchTrackerLayer`.
     */
    sendEvents: (events: ReadonlyArray<unknown>, call?: CallOptions) =>
      promise(ingest.events({ payload: { events } }), call),
    /** `GET /v1/admin/keys` */
    keys: ({ limit, ...call }: ListOptions = {}) =>
      list((from) => admin.keys({ query: query({ limit, ...from }) }), ({ keys }) => keys, call),
    /** `POST /v1/admin/keys`; the response contains the secret, only this once. */
    createKey: (key: typeof NewKey.Type, call?: CallOptions) => promise(admin.createKey({ payload: key }), call),
    /** `DELETE /v1/admin/keys/{id}` */
    revokeKey: (id: string, call?: CallOptions) => promise(admin.revokeKey({ params: { id } }), call),
    /** `DELETE /v1/admin/tenants/{tenant}`: permanently deletes all of the key's own tenant. */
    eraseTenant: (tenant: string, call?: CallOptions) => promise(admin.eraseTenant({ params: { tenant } }), call),
    /** `GET /v1/admin/rejected` */
    rejected: ({ code, limit, ...call }: ListOptions & { readonly code?: RejectionCode | undefined } = {}) =>
      list(
        (from) => admin.rejected({ query: { ...query({ limit, ...from }), ...(code === undefined ? {} : { code }) } }),
        ({ rejected }) => rejected,
        call
      ),
    /**
     * `POST /v1/admin/rejected/replay`: replays one page; repeat with the response's `next_cursor` until there is none.
     */
    replayRejected: (
      { code, cursor, dryRun, limit, ...call }: ListOptions & {
        readonly code?: RejectionCode | undefined
        /** Only reports what would happen. Default: false. */
        readonly dryRun?: boolean | undefined
      } = {}
    ) =>
      promise(
        admin.replayRejected({
          query: {
            ...query({ cursor, limit }),
            ...(code === undefined ? {} : { code }),
            ...(dryRun === true ? { dry_run: "true" } : {})
          }
        }),
        call
      ),
    /** `GET /health` */
    health: (call?: CallOptions) => promise(client.health({}), call),
    /** `GET /ready`; fails with `Unavailable` while the server cannot do its work. */
    ready: (call?: CallOptions) => promise(client.ready({}), call),
    /** `GET /metrics`, in the Prometheus format. */
    processMetrics: (call?: CallOptions) => promise(client.processMetrics({}), call)
  }
}

/** What `createTrackerClient` returns. */
export type PromiseTrackerClient = ReturnType<typeof createTrackerClient>
