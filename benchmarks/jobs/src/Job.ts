import { Schema } from "effect"
import { ContenderName } from "./contenders/index.ts"

const target = {
  contender: ContenderName,
  /** A folder on disk, empty. */
  folder: Schema.String,
  /** URL of the server that the contender needs; empty when it needs none. */
  server: Schema.String,
  /** The sink, for those that tell events. */
  sink: Schema.optionalKey(Schema.Struct({ url: Schema.String, arrivalsPath: Schema.String })),
  /** Where a CPU profile of the measured part goes, if anywhere. */
  profilePath: Schema.optionalKey(Schema.String)
}

/** What a process of its own is to measure. */
export const Job = Schema.TaggedUnion({
  /** How many jobs a second are handed in, executed and stored. */
  Throughput: { ...target, callers: Schema.Int, warmUpJobs: Schema.Int, jobs: Schema.Int }
})
export type Job = typeof Job.Type
export type JobOf<T extends Job["_tag"]> = Extract<Job, { readonly _tag: T }>
export type Target = Pick<JobOf<"Throughput">, "contender" | "folder" | "server" | "sink" | "profilePath">
