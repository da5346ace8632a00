import { Effect } from "effect"
import { resolve } from "node:path"
import type { Options } from "./options.ts"
import { RunFailed, runInOwnProcess } from "./ownProcess.ts"
import { inTurns, type Numbers } from "./turns.ts"

/** A measurement whose contenders take turns. `Target` is what each process is told besides the sizes. */
export interface TimedPlan<Contender extends string, Target> {
  readonly contenders: ReadonlyArray<Contender>
  readonly job: (target: Target) => object
  /** What of the numbers is worth a line while it runs. */
  readonly shown: string
}

/** How the processes of contenders are started. */
export const flagsOf = (options: Options): ReadonlyArray<string> => [
  "--expose-gc",
  ...(options.fromSource ? ["--conditions=source"] : [])
]

/** Those of a measurement's contenders that were asked for. */
export const chosen = <Contender extends string>(
  contenders: ReadonlyArray<Contender>,
  options: Options<string, Contender>
): ReadonlyArray<Contender> =>
  contenders.filter((name) => options.contenders.length === 0 || options.contenders.includes(name))

const shownText = (numbers: Numbers, shown: string) => `${shown} ${(numbers[shown] ?? Number.NaN).toPrecision(4)}`

/** Nothing that is measured takes so long; what hangs is not to hold up a run for ever. */
const longestRun = "20 minutes"

/** What every process of a contender may be told: where a CPU profile of the measured part goes. */
export interface ProfileTarget {
  readonly profilePath?: string
}

/** Runs one measurement, its contenders in turns, each in a process of its own whose program is `worker`. */
export const measureTimed = Effect.fnUntraced(
  function*<Contender extends string, Target extends ProfileTarget, E, R>(given: {
    readonly name: string
    readonly worker: URL
    readonly plan: TimedPlan<Contender, Target>
    readonly options: Options<string, Contender>
    readonly titleOf: (contender: Contender) => string
    readonly targetFor: (contender: Contender, profile: ProfileTarget) => Effect.Effect<Target, E, R>
  }) {
    const { name, options, plan } = given
    return yield* inTurns(
      chosen(plan.contenders, options),
      options.rounds,
      (contender, round) =>
        Effect.gen(function*() {
          const what = `${name}, round ${round + 1} of ${options.rounds}, ${given.titleOf(contender)}`
          const profile = options.profile === undefined
            ? {}
            : { profilePath: resolve(options.profile, `${name}-${contender}-${round + 1}.cpuprofile`) }
          const target = yield* given.targetFor(contender, profile)
          const numbers = yield* runInOwnProcess(given.worker, plan.job(target), flagsOf(options), what).pipe(
            Effect.timeoutOrElse({
              duration: longestRun,
              orElse: () => Effect.fail(new RunFailed({ what, problem: `no end after ${longestRun}` }))
            })
          )
          console.error(`${what}: ${shownText(numbers, plan.shown)}`)
          return numbers
        }).pipe(Effect.scoped)
    )
  }
)
