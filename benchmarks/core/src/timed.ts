import { Effect } from "effect"
import { resolve } from "node:path"
import { runInOwnProcess } from "../../harness/src/ownProcess.ts"
import { startSink } from "../../harness/src/sink.ts"
import { inTurns, type Numbers } from "../../harness/src/turns.ts"
import { type ContenderName, contenders as all } from "./contenders/index.ts"
import { mark } from "./event.ts"
import type { Options } from "./options.ts"
import { type TimedName, timedPlans } from "./plan.ts"

/** The program of a contender. */
export const worker = new URL("./worker.ts", import.meta.url)

/** How the processes of contenders are started. */
export const flagsOf = (options: Options): ReadonlyArray<string> => [
  "--expose-gc",
  ...(options.fromSource ? ["--conditions=source"] : [])
]

/** Those of a measurement's contenders that were asked for. */
export const chosen = (contenders: ReadonlyArray<ContenderName>, options: Options): ReadonlyArray<ContenderName> =>
  contenders.filter((name) => options.contenders.length === 0 || options.contenders.includes(name))

const shownText = (numbers: Numbers, shown: string) => `${shown} ${(numbers[shown] ?? Number.NaN).toPrecision(4)}`

/** Runs one measurement, its contenders in turns. */
export const measureTimed = Effect.fnUntraced(function*(name: TimedName, options: Options) {
  const plan = timedPlans(options.isSmoke)[name]
  const sink = yield* startSink(`"${mark}`)
  const names = chosen(plan.contenders, options)
  return yield* inTurns(names, options.rounds, (contender, round) => {
    const what = `${name}, round ${round + 1} of ${options.rounds}, ${all[contender].title}`
    const profile = options.profile === undefined
      ? undefined
      : { profilePath: resolve(options.profile, `${name}-${contender}-${round + 1}.cpuprofile`) }
    return runInOwnProcess(worker, plan.job({ contender, ...sink, ...profile }), flagsOf(options), what).pipe(
      Effect.tap((numbers) => Effect.sync(() => console.error(`${what}: ${shownText(numbers, plan.shown)}`)))
    )
  })
}, Effect.scoped)
