/** The program of a contender: measures one thing once, in a process of its own. */
import { Effect, Schema } from "effect"
import { takeJob } from "../../harness/src/job.ts"
import { Job } from "./Job.ts"

/** Imports what a measurement needs and nothing else, as a program would. */
const load = <A>(module: () => Promise<A>) => Effect.promise(module)

const measure = (job: Job) =>
  Job.match(job, {
    Emit: (job) => Effect.flatMap(load(() => import("./measurements/emit.ts")), (it) => it.measureEmit(job)),
    EmitLoop: (job) =>
      Effect.flatMap(load(() => import("./measurements/emitLoop.ts")), (it) => it.measureEmitLoop(job)),
    Delivery: (job) =>
      Effect.flatMap(load(() => import("./measurements/delivery.ts")), (it) => it.measureDelivery(job)),
    Loop: (job) => Effect.flatMap(load(() => import("./measurements/loop.ts")), (it) => it.measureLoop(job)),
    Noop: (job) => Effect.flatMap(load(() => import("./measurements/noop.ts")), (it) => it.measureNoop(job)),
    Fault: (job) => Effect.flatMap(load(() => import("./measurements/fault.ts")), (it) => it.measureFault(job))
  })

await takeJob((given) => Effect.scoped(Effect.flatMap(Schema.decodeUnknownEffect(Job)(given), measure)))
