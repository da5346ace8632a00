/** The program of a contender: measures one thing once, in a process of its own. */
import { Effect, Schema } from "effect"
import { takeJob } from "../../harness/src/job.ts"
import { Job } from "./Job.ts"

/** Imports what a measurement needs and nothing else, as a program would. */
const load = <A>(module: () => Promise<A>) => Effect.promise(module)

const measure = (job: Job) =>
  Job.match(job, {
    Throughput: (job) =>
      Effect.flatMap(load(() => import("./measurements/throughput.ts")), (it) => it.measureThroughput(job)),
    StartLatency: (job) =>
      Effect.flatMap(load(() => import("./measurements/startLatency.ts")), (it) => it.measureStartLatency(job)),
    Alarms: (job) => Effect.flatMap(load(() => import("./measurements/alarms.ts")), (it) => it.measureAlarms(job)),
    Memory: (job) => Effect.flatMap(load(() => import("./measurements/memory.ts")), (it) => it.measureMemory(job)),
    Open: (job) => Effect.flatMap(load(() => import("./measurements/open.ts")), (it) => it.measureOpen(job)),
    MakeSleepers: ({ file, sleepers }) =>
      Effect.flatMap(load(() => import("./sleepers.ts")), (it) => Effect.as(it.makeSleepers(file, sleepers), {}))
  })

await takeJob((given) => Effect.scoped(Effect.flatMap(Schema.decodeUnknownEffect(Job)(given), measure)))
