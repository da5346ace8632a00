import { Schema } from "effect"
import { ContenderName } from "./contenders/index.ts"

const target = {
  contender: ContenderName,
  /** A folder on disk for this run alone. */
  folder: Schema.String,
  /** The server that the contender needs, if any. */
  server: Schema.optionalKey(Schema.Struct({ url: Schema.String, pid: Schema.Int })),
  /** The sink, for those that tell events. */
  sink: Schema.optionalKey(Schema.Struct({ url: Schema.String, arrivalsPath: Schema.String })),
  /** Where a CPU profile of the measured part goes, if anywhere. */
  profilePath: Schema.optionalKey(Schema.String)
}

const beside = {
  /** A file of instances that sleep, as `MakeSleepers` makes it. Whoever changes it takes a copy. */
  sleepersFile: Schema.String,
  sleepers: Schema.Int
}

/** What a process of its own is to measure. */
export const Job = Schema.TaggedUnion({
  /** How many jobs a second are handed in, executed and stored. */
  Throughput: { ...target, callers: Schema.Int, warmUpJobs: Schema.Int, jobs: Schema.Int },
  /** How long a job waits for its handler when there is little to do. */
  StartLatency: { ...target, perSecond: Schema.Int, warmUpJobs: Schema.Int, jobs: Schema.Int },
  /** How late alarms are beside many that sleep. */
  Alarms: {
    ...target,
    ...beside,
    /** Time to write the file and to open it, before the first alarm is due. */
    headStartMs: Schema.Int,
    perSecond: Schema.Int,
    warmUpJobs: Schema.Int,
    jobs: Schema.Int
  },
  /** What sleeping instances take of the heap. */
  Memory: { ...target, ...beside },
  /** How long it takes to open a file of sleeping instances. */
  Open: { ...target, ...beside },
  /** No measurement: makes a file of sleeping instances. */
  MakeSleepers: { file: Schema.String, sleepers: Schema.Int }
})
export type Job = typeof Job.Type
export type JobOf<T extends Job["_tag"]> = Extract<Job, { readonly _tag: T }>
export type Surroundings = Pick<JobOf<"Throughput">, "contender" | "folder" | "server" | "sink" | "profilePath">
/** What the process of a contender is told besides the sizes. */
export type Target = Surroundings & Pick<JobOf<"Open">, "sleepersFile">
