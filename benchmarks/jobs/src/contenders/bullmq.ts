import { Queue, Worker } from "bullmq"
import { Count } from "./Count.ts"
import { concurrency, type Open, type Payload } from "./Runner.ts"

/** A queue and a worker of BullMQ in one process, each with connections of its own, as BullMQ makes them. */
export const bullmq: Open = async ({ begun, server }) => {
  const { hostname, port } = new URL(server)
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null }
  const queue = new Queue<Payload>("jobs", { connection, defaultJobOptions: { removeOnComplete: true } })
  const completed = new Count()
  const worker = new Worker<Payload>("jobs", async ({ data }) => begun(data.index), { connection, concurrency })
  worker.on("completed", () => completed.add())
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  return {
    submit: (index) => queue.add("job", { index }),
    settled: completed.reaches,
    close: async () => {
      await worker.close()
      await queue.close()
    }
  }
}
