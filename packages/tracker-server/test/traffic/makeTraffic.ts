import { agentPlan } from "../lives/agentPlans.ts"
import { earlierLife } from "../lives/earlierLives.ts"
import { jobLife, jobTypes } from "../lives/jobLives.ts"
import { type Course, type Story, toldBy } from "../lives/Story.ts"
import { workflowLife } from "../lives/workflowLives.ts"
import { seeded } from "../support/seeded.ts"

/** Stories that share nothing with those of any other chapter but the agents. */
export interface Chapter {
  readonly tenant: string
  readonly stories: ReadonlyArray<Story>
  /** Ids by which its plans can be asked for. */
  readonly ids: ReadonlyArray<string>
}

/** What one request carries. */
export interface Delivery {
  readonly tenant: string
  readonly events: ReadonlyArray<object>
}

export interface Traffic {
  readonly chapters: ReadonlyArray<Chapter>
  readonly agents: ReadonlyArray<string>
  /** Every event at least once, three in ten twice, in no order at all. */
  readonly deliveries: ReadonlyArray<Delivery>
  readonly eventCount: number
}

export const tenants = ["acme", "globex", "initech"]
const jobNames = ["audit", "invoice", "digest"]
const planners = ["planner", "editor"]
const workers = ["searcher", "writer", "reviewer"]
const agents = [...jobNames, ...planners, ...workers, "order", "import"]
const endings = ["running", "completed", "completed", "failed", "cancelled"] as const
const spanMs = 2 * 60 * 60 * 1000

/** Two hours of agents, jobs, earlier emitters and workflows from `startMs` on: the same for the same arguments. */
export const makeTraffic = (seed: number, startMs: number, leastEvents: number): Traffic => {
  const random = seeded(seed)
  // Enough requests for a kill to meet some of them on their way.
  const mostOfBatch = Math.min(250, Math.ceil(leastEvents / 50))
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <A>(choices: readonly [A, ...ReadonlyArray<A>] | ReadonlyArray<A>, otherwise: A): A =>
    choices[below(choices.length)] ?? otherwise
  const shuffle = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
    items.map((item) => [random(), item] as const).sort(([left], [right]) => left - right).map(([, item]) => item)

  const course = (): Course => ({
    units: 1 + below(4),
    failures: below(3),
    ending: pick(endings, "completed"),
    startMs: startMs + below(spanMs),
    gapsMs: Array.from({ length: 7 }, () => pick([0, 0, 1, 40, 900, 20_000], 1)),
    traceId: Array.from({ length: 4 }, () => below(2 ** 32).toString(16).padStart(8, "0")).join("")
  })
  const storiesOf = (chapter: number): readonly [stories: ReadonlyArray<Story>, ids: ReadonlyArray<string>] => {
    const id = String(chapter)
    switch (below(4)) {
      case 0: {
        const jobType = pick(jobTypes, "continuous")
        const jobName = pick(jobNames, "audit")
        const lives = Array.from(
          { length: 1 + below(2) },
          (_, life) => jobLife(jobType, { incarnationId: `life-${chapter}-${life}`, jobName, id }, course())
        )
        return [lives, [`${jobType}:${jobName}:${id}`]]
      }
      case 1:
        return [[earlierLife({ jobName: "import", id }, course())], []]
      case 2:
        return [[workflowLife({ workflowId: `workflow-${chapter}`, workflowName: "order" }, course())], []]
      default: {
        const names = {
          planId: `plan-${chapter}`,
          planner: pick(planners, "planner"),
          worker: pick(workers, "searcher"),
          sessionId: `session-${chapter % 50}`
        }
        return [[agentPlan(names, course())], []]
      }
    }
  }

  const chapters: Array<Chapter> = []
  const sent = new Map<string, Array<object>>(tenants.map((tenant) => [tenant, []]))
  let eventCount = 0
  while (eventCount < leastEvents) {
    const tenant = tenants[chapters.length % tenants.length] ?? "acme"
    // The tenants' ids are the same, so that whatever leaks from one to another is seen.
    const [stories, more] = storiesOf(Math.floor(chapters.length / tenants.length))
    chapters.push({ tenant, stories, ids: [...stories.map(({ planId }) => planId), ...more] })
    const events = stories.flatMap(toldBy)
    sent.get(tenant)?.push(...events, ...events.filter(() => random() < 0.3))
    eventCount += events.length
  }
  const deliveries = [...sent].flatMap(([tenant, events]) => {
    const batches: Array<Delivery> = []
    const shuffled = shuffle(events)
    for (let at = 0; at < shuffled.length;) {
      const size = 1 + below(mostOfBatch)
      batches.push({ tenant, events: shuffled.slice(at, at + size) })
      at += size
    }
    return batches
  })
  return { chapters, agents, deliveries: shuffle(deliveries), eventCount }
}
