import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpApi } from "effect/http-api"
import { TrackerApi } from "../../src/api/TrackerApi.ts"
import { adminServer, planStarted } from "../admin/AdminServer.ts"
import { rowsOf } from "../admin/tenantRows.ts"
import type { Answer } from "./server.ts"

interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
}

const routes: Array<Route> = []
HttpApi.reflect(TrackerApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint: { identifier, method, path } }) => {
    // One does not end, the other never answers the same: `test/stream` and `test/metrics` have their tests.
    if (path !== "/v1/tracker/stream" && path !== "/metrics") routes.push({ name: identifier, method, path })
  }
})

/** Ids of one tenant, or of nobody. */
interface Ids {
  readonly plan_id: string
  readonly id: string
  readonly tenant: string
  readonly agent_id: string
  readonly job_name: string
  readonly session_id: string
  readonly task_id: string
  readonly group_id: string
}

const query = new Map<string, (ids: Ids) => string>(
  ["metrics", "metricsSeries"].map((name) => [name, ({ agent_id }) => `?agent_id=${agent_id}`])
)

const body = new Map<string, unknown>([
  ["events", { events: [{ ...planStarted("bravo-event", "alpha-plan"), tenant_id: "bravo" }] }],
  ["createKey", { scopes: ["query"], tenant_id: "bravo", name: "alpha's" }]
])

const isId = (name: string, ids: Ids): name is keyof Ids => Object.hasOwn(ids, name)

/** The route's URL with these ids; a parameter of another name has to be given a meaning here first. */
const fill = ({ name, path }: Route, ids: Ids): string =>
  path.replaceAll(
    /:(\w+)/g,
    (_, parameter: string) =>
      isId(parameter, ids)
        ? encodeURIComponent(ids[parameter])
        : assert.fail(`${path}: what is another tenant's ${parameter}?`)
  ) + (query.get(name)?.(ids) ?? "")

/** What is left of an answer when the ids that were asked for, and what differs from request to request, are out. */
const essence = ({ status, text }: Answer, ids: Ids) => ({
  status,
  text: Object.values(ids).reduce((rest, id) => rest.replaceAll(id, "ID"), text)
    .replaceAll(/"instance":"[^"]*"/g, "").replaceAll(/"(secret|key_id|created_at)":"[^"]*"/g, "")
})

const never: Ids = {
  plan_id: "never-plan",
  id: "key_never",
  tenant: "never",
  agent_id: "never-agent",
  job_name: "never-job",
  session_id: "never-session",
  task_id: "never-task",
  group_id: "never-group"
}

/** Something of a tenant in every table and behind every route, with its name in all that it can choose. */
const history = (tenant: string) => ({
  events: [
    { ...planStarted(`${tenant}-event`, `${tenant}-plan`), session_id: `${tenant}-session` },
    {
      ...planStarted(`${tenant}-child`, ""),
      session_id: "shared-session",
      data: { plan_id: `${tenant}-child`, parent_plan_id: "shared-plan" }
    },
    {
      ...planStarted(`${tenant}-shared`, "shared-plan"),
      data: { plan_id: "shared-plan", goal_event: `${tenant}-goal` }
    },
    {
      ...planStarted(`${tenant}-request`, ""),
      topic: "action-requests",
      type: `${tenant}-work`,
      source: `${tenant}-agent`,
      data: {
        plan_id: "shared-plan",
        action_id: "shared-task",
        assigned_to: `${tenant}-agent`,
        delegation_group_id: "shared-group"
      }
    },
    ...[`${tenant}-group`, "shared-group"].map((group_id) => ({
      ...planStarted(`${tenant}-started-${group_id}`, ""),
      type: "delegation.started",
      data: { group_id, parent_task_id: `${tenant}-parent`, plan_id: `${tenant}-plan`, total_tasks: 1 }
    })),
    {
      ...planStarted(`${tenant}-change`, ""),
      type: "task.state_changed",
      data: {
        task_id: "shared-task",
        previous_state: "pending",
        new_state: "running",
        reason: `${tenant}-reason`
      }
    },
    {
      ...planStarted(`${tenant}-progress`, ""),
      type: "task.progress",
      source: `${tenant}-agent`,
      data: { task_id: "shared-task", plan_id: "shared-plan", state: "running", message: `${tenant}-message` }
    },
    ...["job.created", "execution.started"].map((type) => ({
      eventId: `${tenant}-${type}`,
      timestamp: "2026-01-11T10:00:00Z",
      type,
      instanceId: `${tenant}-instance`,
      incarnationId: `${tenant}-life`,
      executionId: `${tenant}-execution`,
      jobType: "task",
      jobName: `${tenant}-job`,
      ...(type === "job.created"
        ? {}
        : { attempt: 1, handler: "execute", runCount: 1, isRetry: false, trigger: "start" })
    })),
    { eventId: `${tenant}-refused` }
  ],
  lost: { tracker: `${tenant}-tracker`, serviceKey: `${tenant}-service`, counts: { [`${tenant}-reason`]: 4 } }
})

/** What both tenants have, or the one that asks alone. */
const ours = {
  plan_id: "shared-plan",
  agent_id: "alpha-agent",
  job_name: "alpha-job",
  session_id: "shared-session",
  task_id: "shared-task",
  group_id: "shared-group"
}

describe("no route under one tenant's key", () => {
  it.live("shows or touches anything of another's, or tells that it is there", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const alpha = yield* as("alpha")
      const bravo = yield* as("bravo")
      for (const [{ ask }, name] of [[alpha, "alpha"], [bravo, "bravo"]] as const) {
        assert.strictEqual((yield* ask("POST", "/v1/events", history(name))).status, 200)
      }
      const theirs: Ids = {
        plan_id: "bravo-plan",
        id: bravo.id,
        tenant: "bravo",
        agent_id: "bravo-agent",
        job_name: "bravo-job",
        session_id: "bravo-session",
        task_id: "bravo-execution",
        group_id: "bravo-group"
      }
      const before = yield* rowsOf(sql, "bravo")
      assert.isAbove(routes.length, 10)
      for (const route of routes) {
        const name = `${route.method} ${route.path}`
        const ask = (ids: Ids) => alpha.ask(route.method, fill(route, ids), body.get(route.name))
        // The first may change what the second finds, such as a number of events; what it shows stays the same.
        yield* ask(never)
        const absent = yield* ask(never)
        const foreign = yield* ask(theirs)
        assert.deepStrictEqual(essence(foreign, theirs), essence(absent, never), name)
        const shared = yield* ask({ ...never, ...ours })
        assert.notInclude(shared.text, "bravo", name)
        if (Object.keys(ours).some((id) => route.path.includes(`:${id}`))) assert.strictEqual(shared.status, 200, name)
      }
      assert.deepStrictEqual(yield* rowsOf(sql, "bravo"), before)
      assert.strictEqual((yield* bravo.ask("GET", "/v1/tracker/plans/bravo-plan")).status, 200)
      const { goal_event } = JSON.parse((yield* alpha.ask("GET", "/v1/tracker/plans/shared-plan")).text)
      assert.strictEqual(goal_event, "alpha-goal")
    }))
})
