import { Schema } from "effect"
import { ContenderName } from "./contenders/index.ts"

const target = {
  contender: ContenderName,
  /** PostgreSQL, with a database for this run alone. */
  databaseUrl: Schema.String,
  postgresPid: Schema.Int,
  /** tracker-server, for who writes to one. */
  server: Schema.optionalKey(Schema.Struct({
    url: Schema.String,
    pid: Schema.Int,
    apiKey: Schema.String,
    /** Where it listens to NATS, if it does. */
    natsUrl: Schema.optionalKey(Schema.String)
  })),
  tapeFile: Schema.String,
  rowsFile: Schema.String,
  /** Where a CPU profile of the measured part goes, if anywhere. */
  profilePath: Schema.optionalKey(Schema.String)
}

const load = {
  /** Events that are written at once. */
  batch: Schema.Int,
  /** How many write at the same time. */
  connections: Schema.Int,
  warmUpMs: Schema.Int
}

/** What a process of its own is to do. */
export const Job = Schema.TaggedUnion({
  /** How many events a second are stored, and what each costs. */
  Ingest: { ...target, ...load, measuredMs: Schema.Int },
  /** How long questions take while events come in at half the limit, which is measured first. */
  Queries: {
    ...target,
    ...load,
    /** How long events come in as fast as can be, to learn the limit. */
    limitMs: Schema.Int,
    measuredMs: Schema.Int,
    /** How many ask at the same time. */
    askers: Schema.Int,
    /** What there is to ask about: plans by their number. */
    plans: Schema.Int
  },
  /** The same as the first while others read the stream. */
  Streams: {
    ...target,
    ...load,
    measuredMs: Schema.Int,
    /** How many watch a plan, each another. */
    watchers: Schema.Int,
    /** How many read everything. */
    readers: Schema.Int
  },
  /** What memory the server takes over a long time. */
  Memory: { ...target, ...load, measuredMs: Schema.Int, sampleEveryMs: Schema.Int },
  /** No measurement: records a tape. */
  MakeTape: { file: Schema.String },
  /** No measurement: stores a tape with its marks through a server, once. */
  StoreTape: { tapeFile: Schema.String, url: Schema.String, apiKey: Schema.String }
})
export type Job = typeof Job.Type
export type JobOf<T extends Job["_tag"]> = Extract<Job, { readonly _tag: T }>
/** What the process of a contender is told besides the sizes. */
export type Target = Pick<
  JobOf<"Ingest">,
  "contender" | "databaseUrl" | "postgresPid" | "server" | "tapeFile" | "rowsFile" | "profilePath"
>
