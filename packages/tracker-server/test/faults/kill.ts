import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Writers } from "../support/Writers.ts"

/** How often a test kills: few in the suite, as many as an environment variable says elsewhere. */
export const killsOf = (variable: string, few: number): number => Number(process.env[variable] ?? few)

/** How long writers may wait for their first 200 after a kill. */
const recovery = "60 seconds"

/**
 * Lets writers be served, then kills at a moment that only the seed knows, so often. What `kill` leaves serves again by itself or is
 * started again by it.
 */
export const killOften = Effect.fnUntraced(function*<E, R>(
  writers: Writers,
  random: () => number,
  times: number,
  kill: Effect.Effect<unknown, E, R>
) {
  for (let time = 1; time <= times; time++) {
    const served = yield* Effect.timeoutOption(writers.untilTaken(1 + Math.floor(random() * 20)), recovery)
    assert.isTrue(Option.isSome(served), `after kill ${time - 1}`)
    // Anywhere between two answers, in the middle of a commit too.
    yield* Effect.sleep(Math.floor(random() * 30))
    yield* kill
  }
  const served = yield* Effect.timeoutOption(writers.untilTaken(20), recovery)
  assert.isTrue(Option.isSome(served), "after the last kill")
  yield* writers.stop
})

/** What a run of kills was like, for those who repeat it with more of them. */
export const report = (kills: number, events: number, { answers }: Writers) =>
  Effect.sync(() => {
    const counts = [...answers].map(([answer, count]) => `${count} × ${answer}`).join(", ")
    console.log(`${kills} kills, ${events} events acknowledged and all of them there, once; answers: ${counts}`)
  })
