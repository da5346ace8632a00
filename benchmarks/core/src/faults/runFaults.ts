import { startEndpoint } from "@durable-effect/test-support/endpoint"
import { Effect } from "effect"
import { startProcess } from "../../../harness/src/ownProcess.ts"
import { chosen, flagsOf } from "../../../harness/src/timed.ts"
import { type ContenderName, contenders } from "../contenders/index.ts"
import { idPattern } from "../event.ts"
import type { Job } from "../Job.ts"
import type { Options } from "../options.ts"
import type { FaultRun } from "../Results.ts"
import { worker } from "../timed.ts"
import type { Fault } from "./Fault.ts"

/** Runs at the same time. They mostly wait, and no time is measured. */
const atOnce = 3

const runFault = Effect.fnUntraced(function*(fault: Fault, contender: ContenderName, options: Options) {
  const endpoint = yield* startEndpoint({ idPattern })
  if (fault.prepare !== undefined) yield* fault.prepare(endpoint)
  const job: Job = {
    _tag: "Fault",
    contender,
    url: new URL(endpoint.url).origin,
    events: fault.events,
    perSecond: fault.perSecond,
    oversized: fault.oversized ?? [],
    isPatient: options.isSmoke
  }
  const what = `${fault.name}, ${contenders[contender].title}`
  const { done, started } = yield* startProcess(worker, job, flagsOf(options), what)
  yield* started
  if (fault.play !== undefined) yield* Effect.forkScoped(fault.play(endpoint))
  const numbers = yield* Effect.timeout(done, fault.timeout)
  const { duplicates, requests, stored } = yield* endpoint.totals()
  const lost = fault.events - stored
  console.error(`${what}: ${lost} of ${fault.events} lost, ${duplicates} stored twice`)
  return {
    fault: fault.name,
    contender,
    atFault: fault.atFault,
    emitted: fault.events,
    stored,
    duplicates,
    requests,
    numbers
  } satisfies FaultRun
}, Effect.scoped)

/** For the shape of results it takes our own and one other. */
const inSmoke: ReadonlyArray<ContenderName> = [
  "ours-node",
  "ours-fetch",
  "ours-raised",
  "ours-patient",
  "opentelemetry"
]

const contendersOf = (fault: Fault, options: Options): ReadonlyArray<ContenderName> =>
  chosen(fault.contenders, options).filter((name) => !options.isSmoke || inSmoke.includes(name))

/** Runs every fault with each of its contenders, in processes of their own. */
export const runFaults = (faults: ReadonlyArray<Fault>, options: Options) =>
  Effect.forEach(
    faults.flatMap((fault) => contendersOf(fault, options).map((contender) => ({ fault, contender }))),
    ({ contender, fault }) => runFault(fault, contender, options),
    { concurrency: atOnce }
  )
