/** An event as a request carries it, with the id under which it is known again. */
export interface SentEvent {
  readonly key: string
  readonly planId: string
  readonly agentId: string
  readonly event: object
}

/** Events of plans and jobs one after another, in batches as they might arrive: mixed up, some of them twice. */
export interface Traffic {
  readonly nextBatch: () => ReadonlyArray<SentEvent>
}

const tasksOfPlan = 4

const instant = (plan: number, second: number) =>
  new Date(Date.UTC(2026, 0, 11, 10, 0, plan % 1000 + second)).toISOString()

const planEvents = (name: string, plan: number, random: () => number): ReadonlyArray<SentEvent> => {
  const planId = `plan-${name}-${plan}`
  const agentId = `agent-${name}`
  const envelope = (
    suffix: string,
    topic: string,
    type: string,
    second: number,
    data: object,
    attributes: object = {}
  ) => {
    const id = `${planId}-${suffix}`
    const event = { id, source: agentId, topic, type, time: instant(plan, second), data, ...attributes }
    return { key: id, planId, agentId, event }
  }
  const tasks = Array.from({ length: tasksOfPlan }, (_, i) => {
    const task = `${planId}-task-${i}`
    const isDone = random() < 0.8
    return [
      envelope(`request-${i}`, "action-requests", "web.search", i, { plan_id: planId, assigned_to: agentId }, {
        correlation_id: task
      }),
      envelope(`running-${i}`, "system-events", "task.state_changed", i + 1, {
        task_id: task,
        plan_id: planId,
        previous_state: "pending",
        new_state: "running"
      }),
      envelope(`progress-${i}`, "system-events", "task.progress", i + 2, {
        task_id: task,
        plan_id: planId,
        state: "running",
        progress: Math.round(random() * 100) / 100
      }),
      ...(isDone
        ? [
          envelope(`result-${i}`, "action-results", "web.search", i + 3, { success: random() < 0.9 }, {
            correlation_id: task
          })
        ]
        : [])
    ]
  }).flat()
  return [
    envelope("start", "system-events", "plan.started", 0, { plan_id: planId, session_id: `session-${name}` }, {
      trace_id: planId
    }),
    ...tasks,
    ...(random() < 0.7 ? [envelope("end", "system-events", "plan.completed", 20, { plan_id: planId })] : [])
  ]
}

const jobEvents = (name: string, life: number, random: () => number): ReadonlyArray<SentEvent> => {
  const planId = `life-${name}-${life}`
  const agentId = `job-${name}`
  const types = [
    "job.created",
    "job.started",
    "execution.started",
    random() < 0.8 ? "execution.succeeded" : "execution.failed"
  ]
  return types.map((type, i) => {
    const key = `${planId}-${i}`
    const event = {
      eventId: key,
      timestamp: instant(life, i),
      source: "job",
      type,
      instanceId: `continuous:${agentId}:${life % 7}`,
      jobType: "continuous",
      jobName: agentId,
      incarnationId: planId,
      sequence: i + 1,
      ...(type.startsWith("execution") ? { executionId: `${planId}:r1`, attempt: 1, runCount: 1 } : {}),
      ...(type === "execution.failed" ? { willRetry: false, error: { message: "unlucky" } } : {})
    }
    return { key, planId, agentId, event }
  })
}

const shuffled = <A>(items: ReadonlyArray<A>, random: () => number): ReadonlyArray<A> =>
  items.map((item) => [random(), item] as const).sort(([left], [right]) => left - right).map(([, item]) => item)

/** The traffic of one writer, the same for the same name and seed. */
export const traffic = (name: string, random: () => number): Traffic => {
  let made = 0
  let waiting: ReadonlyArray<SentEvent> = []
  const sent: Array<SentEvent> = []
  return {
    nextBatch: () => {
      while (waiting.length < 40) {
        const events = random() < 0.7 ? planEvents(name, made, random) : jobEvents(name, made, random)
        waiting = shuffled([...waiting, ...events], random)
        made++
      }
      const size = 1 + Math.floor(random() * 30)
      const fresh = waiting.slice(0, size)
      waiting = waiting.slice(size)
      // Three in ten come again, some of them in the same batch.
      const again = [...fresh, ...sent.slice(-200)].filter(() => random() < 0.3).slice(0, Math.ceil(size * 0.4))
      sent.push(...fresh)
      return shuffled([...fresh, ...again], random)
    }
  }
}
