import { Context, Effect, Layer } from "effect"
import { EventStore } from "../EventStore.ts"
import { IngestQueries } from "../IngestQueries.ts"
import { JobQueries } from "../JobQueries.ts"
import { MetricQueries } from "../MetricQueries.ts"
import { PlanQueries } from "../PlanQueries.ts"
import type { Queries } from "../Queries.ts"
import { TaskQueries } from "../TaskQueries.ts"
import { TimelineFeed } from "../TimelineFeed.ts"
import { TrackerQueries } from "../TrackerQueries.ts"
import { appendTo } from "./append.ts"
import { feedPage, feedStart } from "./feed.ts"
import { ingestSummary } from "./ingestSummary.ts"
import { jobDetails, jobPage } from "./jobs.ts"
import { MemoryTenant } from "./MemoryTenant.ts"
import { agentPage, agentSample, agentSeries } from "./metrics.ts"
import { planFacts, planHierarchy, planPage, subPlans } from "./plans.ts"
import { delegationGroup, explainedTask, planTasks, taskById } from "./tasks.ts"
import { planTimeline } from "./timeline.ts"

/** Adapter for tests: the rules of `projection/` applied to in-memory maps. */
export const layer: Layer.Layer<EventStore | Queries | TimelineFeed> = Layer.effectContext(
  Effect.sync(() => {
    const tenants = new Map<string, MemoryTenant>()
    const tenant = (tenantId: string): MemoryTenant => {
      const present = tenants.get(tenantId) ?? new MemoryTenant()
      tenants.set(tenantId, present)
      return present
    }
    return Context.make(EventStore, {
      append: (tenantId, { decode }) =>
        Effect.map(decode, (batch) => ({ batch, verdicts: appendTo(tenant(tenantId), batch) }))
    }).pipe(
      Context.add(TrackerQueries, {
        plan: (tenantId, id) => Effect.sync(() => planFacts(tenant(tenantId), id)),
        tasks: (tenantId, id, after, limit) => Effect.sync(() => planTasks(tenant(tenantId), id, after, limit)),
        timeline: (tenantId, id, position, limit) =>
          Effect.sync(() => planTimeline(tenant(tenantId), id, position, limit))
      }),
      Context.add(PlanQueries, {
        page: (tenantId, filter, after, limit) => Effect.sync(() => planPage(tenant(tenantId), filter, after, limit)),
        subPlans: (tenantId, id, after, limit) => Effect.sync(() => subPlans(tenant(tenantId), id, after, limit)),
        hierarchy: (tenantId, id) => Effect.sync(() => planHierarchy(tenant(tenantId), id))
      }),
      Context.add(TaskQueries, {
        task: (tenantId, taskId, after) => Effect.sync(() => taskById(tenant(tenantId), taskId, after)),
        explain: (tenantId, taskId, after, count) =>
          Effect.sync(() => explainedTask(tenant(tenantId), taskId, after, count)),
        group: (tenantId, groupId, after) => Effect.sync(() => delegationGroup(tenant(tenantId), groupId, after))
      }),
      Context.add(MetricQueries, {
        agent: (tenantId, agentId, window) => Effect.sync(() => agentSample(tenant(tenantId), agentId, window)),
        agents: (tenantId, after, count, window) =>
          Effect.sync(() => agentPage(tenant(tenantId), after, count, window)),
        series: (tenantId, agentId, window, bucketMs) =>
          Effect.sync(() => agentSeries(tenant(tenantId), agentId, window, bucketMs))
      }),
      Context.add(JobQueries, {
        jobs: (tenantId, after, count, runs) => Effect.sync(() => jobPage(tenant(tenantId), after, count, runs)),
        job: (tenantId, jobName, runs) => Effect.sync(() => jobDetails(tenant(tenantId), jobName, runs))
      }),
      Context.add(IngestQueries, {
        summary: (tenantId) => Effect.sync(() => ingestSummary(tenant(tenantId)))
      }),
      Context.add(TimelineFeed, {
        start: (tenantId, from) => Effect.sync(() => feedStart(tenant(tenantId), from)),
        page: (tenantId, from, plans) => Effect.sync(() => feedPage(tenant(tenantId), from, plans))
      })
    )
  })
)
