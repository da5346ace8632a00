// The README's first job: a whole program.
// #region mails
import { Backoff, createJobRegistry, createJobsRuntime, JobsHost, WorkerPool } from "@durable-effect/jobs"
import { Console, Effect, Schema } from "effect"

const mails = WorkerPool.make({
  eventSchema: Schema.Struct({ to: Schema.String }),
  concurrency: 10,
  retry: { maxAttempts: 3, delay: Backoff.exponential({ base: "200 millis" }) },
  execute: ({ to }, { attempt }) =>
    to === "eve" && attempt < 3 ? Effect.fail("eve's mail server is busy") : Console.log(`sent to ${to}`)
})

const { TRACKER_API_KEY, TRACKER_URL } = process.env
const runtime = createJobsRuntime(createJobRegistry({ mails }), {
  host: JobsHost.sqlite({ filename: "mails.db" }), // state, alarms and events that wait, in one file
  tracker: {
    endpoint: `${TRACKER_URL}/v1/events`,
    env: "demo",
    serviceKey: "mails",
    headers: { authorization: `Bearer ${TRACKER_API_KEY}` }
  }
})
const pool = runtime.client.workerPool("mails")
await pool.enqueue({ itemId: "ada", event: { to: "ada" } })
await pool.enqueue({ itemId: "eve", event: { to: "eve" } })
process.once("SIGINT", () => void runtime.dispose())
// #endregion
