import { Schema } from "effect"
import type { Open } from "./Runner.ts"

interface Contender {
  readonly title: string
  /** How it is set up, for the reader of a table. */
  readonly about: string
  /** The server that it needs, started for each of its runs. */
  readonly server?: "redis" | "postgres"
  /** Whether it sends events to the sink. */
  readonly tracks?: true
  /** Loads the library; a process loads one alone. */
  readonly open: () => Promise<Open>
}

const postgres = "PostgreSQL with fsync"

/** Who takes part. Everything that is not said is at its default. */
export const contenders = {
  "ours": {
    title: "ours",
    about: "start of a Continuous; SQLite, synchronous=FULL",
    open: async () => (await import("./ours.ts")).oursContinuous
  },
  "ours-tracked": {
    title: "ours, tracked",
    about: "the same with HttpBatch and outbox",
    tracks: true,
    open: async () => (await import("./ours.ts")).oursContinuous
  },
  "ours-task": {
    title: "ours, task",
    about: "send to a Task; SQLite as above",
    open: async () => (await import("./ours.ts")).oursTask
  },
  "ours-pool": {
    title: "ours, pool",
    about: "enqueue to a WorkerPool, concurrency: 100; SQLite as above",
    open: async () => (await import("./ours.ts")).oursPool(1)
  },
  "ours-pool-sharded": {
    title: "ours, pool of 16 shards",
    about: "the same with shards: 16",
    open: async () => (await import("./ours.ts")).oursPool(16)
  },
  "bullmq": {
    title: "BullMQ",
    about: "concurrency: 100, removeOnComplete; redis-server with appendfsync everysec",
    server: "redis",
    open: async () => (await import("./bullmq.ts")).bullmq
  },
  "graphile-worker": {
    title: "graphile-worker",
    about: `concurrentJobs: 100; ${postgres}`,
    server: "postgres",
    open: async () => (await import("./graphileWorker.ts")).graphilePlain
  },
  "graphile-worker-batched": {
    title: "graphile-worker, batched",
    about: `the same with localQueue: 500, completeJobBatchDelay: 0`,
    server: "postgres",
    open: async () => (await import("./graphileWorker.ts")).graphileBatched
  }
} satisfies Record<string, Contender>

export type ContenderName = keyof typeof contenders

export const ContenderName = Schema.Literals([
  "ours",
  "ours-tracked",
  "ours-task",
  "ours-pool",
  "ours-pool-sharded",
  "bullmq",
  "graphile-worker",
  "graphile-worker-batched"
])

export const contenderOf = (name: ContenderName): Contender => contenders[name]
