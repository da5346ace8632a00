import { Continuous, createJobRegistry, createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { join } from "node:path"
import { Arrivals } from "../../../harness/src/Arrivals.ts"
import { untilArrived } from "../../../harness/src/untilArrived.ts"
import type { Open, Surroundings } from "./Runner.ts"

/** Nothing of what is started here comes again while it is measured. */
const schedule = Continuous.every("365 days")

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

/** A job is the start of a new instance, which runs once and stays, asleep. Its call answers when all of it is stored. */
export const oursContinuous: Open = async ({ begun, folder, sink }) => {
  const job = Continuous.make({
    stateSchema: Schema.Struct({ index: Schema.Int }),
    schedule,
    execute: (ctx) => Effect.map(ctx.state, ({ index }) => begun(index))
  })
  const runtime = createJobsRuntime(createJobRegistry({ job }), {
    host: JobsHost.sqlite({ filename: join(folder, "jobs.db") }),
    ...trackerOf(sink)
  })
  await runtime.ready()
  const client = runtime.client.continuous("job")
  return {
    submit: (index) => client.start({ id: String(index), input: { index } }),
    settled: () => Promise.resolve(),
    ...deliveredTo(sink),
    close: runtime.dispose
  }
}
