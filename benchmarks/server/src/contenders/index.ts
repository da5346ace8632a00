import { Schema } from "effect"
import type { Open } from "./Writer.ts"

interface Contender {
  readonly title: string
  /** How it is set up, for the reader of a table. */
  readonly about: string
  /** What its database is a copy of: the server's tables, some few or many events in them, what is asked about, or nothing. */
  readonly database: "tables" | "few" | "many" | "asked" | "empty"
  /** Whether it writes to a tracker-server, which is started for it. */
  readonly isServed: boolean
  /** Whether its events come to that server over NATS, which is started for it too. */
  readonly isOnBus?: boolean
  /** Counts what is stored, once nobody writes any more. */
  readonly count: string
  /** Loads what writes; a process loads one alone. */
  readonly open: () => Promise<Open>
}

const loadOurs = async () => (await import("./ours.ts")).ours

const served = {
  isServed: true,
  count: "SELECT count(*)::int4 AS stored FROM event_timeline",
  open: loadOurs
} as const

/** Who takes part. Everything that is not said is at its default. */
export const contenders = {
  "ours": {
    ...served,
    title: "ours",
    about: "tracker-server over HTTP, JSON as the tracker sends it",
    database: "tables"
  },
  "ours-by-bus": {
    ...served,
    title: "ours, by the bus",
    about: "NATS JetStream, events published one by one and acknowledged",
    database: "tables",
    isOnBus: true,
    open: async () => (await import("./oursByBus.ts")).oursByBus
  },
  "ours-single": { ...served, title: "ours, one by one", about: "requests of one event", database: "tables" },
  "ours-on-100k": { ...served, title: "ours on 100,000 events", about: "stored before", database: "few" },
  "ours-on-5m": { ...served, title: "ours on 5,000,000 events", about: "stored before", database: "many" },
  "ours-asked": {
    ...served,
    title: "ours, asked",
    about: "on 1,000,000 events, while events come in at half the limit",
    database: "asked"
  },
  "ours-watched": {
    ...served,
    title: "ours, watched",
    about: "1,000 readers of the stream, each of another plan",
    database: "tables"
  },
  "ours-read": {
    ...served,
    title: "ours, read",
    about: "the same, and one of them reads everything",
    database: "tables"
  },
  "bare": {
    title: "bare INSERT",
    about: "the timeline's rows by unnest, prepared, into event_timeline",
    database: "tables",
    isServed: false,
    count: served.count,
    open: async () => (await import("./bare.ts")).bare
  },
  "bare-plain": {
    title: "bare INSERT, no index",
    about: "the same into a copy of the table without index, constraint or partition",
    database: "tables",
    isServed: false,
    count: "SELECT count(*)::int4 AS stored FROM plain_timeline",
    open: async () => (await import("./bare.ts")).barePlain
  },
  "emmett": {
    title: "emmett-postgresql",
    about: "appendToStream, a batch is a new stream",
    database: "empty",
    isServed: false,
    count: "SELECT count(*)::int4 AS stored FROM emt_messages",
    open: async () => (await import("./emmett.ts")).emmett
  },
  "pg-boss": {
    title: "pg-boss",
    about: "insert of many; supervise: false, schedule: false",
    database: "empty",
    isServed: false,
    count: "SELECT count(*)::int4 AS stored FROM pgboss.job",
    open: async () => (await import("./pgBoss.ts")).pgBoss
  },
  "graphile-worker": {
    title: "graphile-worker",
    about: "addJobs",
    database: "empty",
    isServed: false,
    count: "SELECT count(*)::int4 AS stored FROM graphile_worker._private_jobs",
    open: async () => (await import("./graphileWorker.ts")).graphileWorker
  }
} satisfies Record<string, Contender>

export type ContenderName = keyof typeof contenders

export const ContenderName = Schema.Literals([
  "ours",
  "ours-by-bus",
  "ours-single",
  "ours-on-100k",
  "ours-on-5m",
  "ours-asked",
  "ours-watched",
  "ours-read",
  "bare",
  "bare-plain",
  "emmett",
  "pg-boss",
  "graphile-worker"
])

export const peers: ReadonlyArray<ContenderName> = ["emmett", "pg-boss", "graphile-worker"]

export const contenderOf = (name: ContenderName): Contender => contenders[name]
