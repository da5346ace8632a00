/** The program of a contender: measures one thing once, in a process of its own. */
import { Effect, Schema } from "effect"
import { takeJob } from "../../harness/src/job.ts"
import { Job } from "./Job.ts"

/** Imports what a measurement needs and nothing else, as a program would. */
const load = <A>(module: () => Promise<A>) => Effect.promise(module)

const measure = (job: Job) =>
  Job.match(job, {
    Ingest: (job) => Effect.flatMap(load(() => import("./measurements/ingest.ts")), (it) => it.measureIngest(job)),
    Memory: (job) => Effect.flatMap(load(() => import("./measurements/memory.ts")), (it) => it.measureMemory(job)),
    Queries: (job) => Effect.flatMap(load(() => import("./measurements/queries.ts")), (it) => it.measureQueries(job)),
    Streams: (job) => Effect.flatMap(load(() => import("./measurements/streams.ts")), (it) => it.measureStreams(job)),
    MakeTape: ({ file }) =>
      Effect.flatMap(load(() => import("./traffic/makeTape.ts")), (it) => Effect.as(it.makeTape(file), {})),
    StoreTape: ({ apiKey, tapeFile, url }) =>
      Effect.flatMap(
        load(() => import("./traffic/storeTape.ts")),
        (it) => Effect.as(it.storeTape(tapeFile, url, apiKey), {})
      )
  })

await takeJob((given) => Effect.scoped(Effect.flatMap(Schema.decodeUnknownEffect(Job)(given), measure)))
