import { Continuous, createJobRegistry, createJobsRuntime, JobsHost, Task, WorkerPool } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { untilArrived } from "../../../harness/src/untilArrived.ts"
import { Count } from "./Count.ts"
import { concurrency, type Open, type Surroundings } from "./Runner.ts"

const trackerOf = (sink: Surroundings["sink"]) =>
  sink === undefined
    ? {}
    : { tracker: { endpoint: `${sink.url}/v1/events`, env: "production", serviceKey: "billing" } }

/** What one `start` with one execution tells. A wrong number voids the measurement. */
const eventsPerStart = 5

const deliveredTo = (sink: Surroundings["sink"]) => {
  if (sink === undefined) return {}
  const arrivals = new Arrivals(sink.arrivalsPath, "read")
  const before = arrivals.read().events
  return {
    delivered: (jobs: number) => Effect.runPromise(untilArrived(arrivals, before + jobs * eventsPerStart))
  }
}

const payload = Schema.Struct({ index: Schema.Int })

const optionsFor = ({ folder, sink }: Surroundings) => ({
  host: JobsHost.sqlite({ filename: join(folder, "jobs.db") }),
  ...trackerOf(sink)
})

/** Its calls answer when the job has been executed and all of it is stored. */
const alreadySettled = () => Promise.resolve()

/** A job is the start of a new instance, which runs once and stays, asleep. */
export const oursContinuous: Open = async (surroundings) => {
  const job = Continuous.make({
    stateSchema: payload,
    schedule: Continuous.every("365 days"), // it does not come again while it is measured
    execute: (ctx) => Effect.map(ctx.state, ({ index }) => surroundings.begun(index))
  })
  const runtime = createJobsRuntime(createJobRegistry({ job }), optionsFor(surroundings))
  await runtime.ready()
  const client = runtime.client.continuous("job")
  return {
    submit: (index) => client.start({ id: String(index), input: { index } }),
    settled: alreadySettled,
    ...deliveredTo(surroundings.sink),
    close: runtime.dispose
  }
}

/** A job is an event to a new instance, which stays without a state or an alarm. */
export const oursTask: Open = async (surroundings) => {
  const job = Task.make({
    stateSchema: payload,
    eventSchema: payload,
    onEvent: ({ index }) => Effect.sync(() => surroundings.begun(index)),
    execute: () => Effect.void
  })
  const runtime = createJobsRuntime(createJobRegistry({ job }), optionsFor(surroundings))
  await runtime.ready()
  const client = runtime.client.task("job")
  return {
    submit: (index) => client.send({ id: String(index), event: { index } }),
    settled: alreadySettled,
    close: runtime.dispose
  }
}

/** A job is an item of one pool. A call answers when the item is stored, and it is executed later. */
export const oursPool = (shards: number): Open => async (surroundings) => {
  const begun = new Count()
  const job = WorkerPool.make({
    eventSchema: payload,
    concurrency,
    shards,
    execute: ({ index }) =>
      Effect.sync(() => {
        surroundings.begun(index)
        begun.add()
      })
  })
  const runtime = createJobsRuntime(createJobRegistry({ job }), optionsFor(surroundings))
  await runtime.ready()
  const client = runtime.client.workerPool("job")
  const isEmpty = async () => {
    const { pending, running } = await client.status()
    return pending + running === 0
  }
  return {
    submit: (index) => client.enqueue({ event: { index } }),
    settled: async (jobs) => {
      await begun.reaches(jobs)
      while (!(await isEmpty())) await sleep(2)
    },
    close: runtime.dispose
  }
}
