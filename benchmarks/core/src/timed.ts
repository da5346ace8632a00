import { Effect } from "effect"
import { startSink } from "../../harness/src/sink.ts"
import { measureTimed } from "../../harness/src/timed.ts"
import { contenders as all } from "./contenders/index.ts"
import { mark } from "./event.ts"
import type { Options } from "./options.ts"
import { type TimedName, timedPlans } from "./plan.ts"

/** The program of a contender. */
export const worker = new URL("./worker.ts", import.meta.url)

/** Runs one measurement, its contenders in turns, all of them on one sink. */
export const measureOne = Effect.fnUntraced(function*(name: TimedName, options: Options) {
  const sink = yield* startSink(`"${mark}`)
  return yield* measureTimed({
    name,
    worker,
    plan: timedPlans(options.isSmoke)[name],
    options,
    titleOf: (contender) => all[contender].title,
    targetFor: (contender, profile) => Effect.succeed({ contender, ...sink, ...profile })
  })
}, Effect.scoped)
