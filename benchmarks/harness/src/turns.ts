import { Effect } from "effect"
import { median } from "./statistics.ts"

/** What one run of one contender measured: names with their unit, such as `cpuMicros`. */
export type Numbers = Readonly<Record<string, number>>

/** The runs of every contender, one a round, in the order of rounds. */
export type Runs = Readonly<Record<string, ReadonlyArray<Numbers>>>

/**
 * Lets contenders take turns: each runs once a round, one at a time. The order rotates, so that nobody always comes
 * after the same neighbour, and a machine that slows down slows everybody.
 */
export const inTurns = Effect.fnUntraced(function*<Name extends string, E, R>(
  contenders: ReadonlyArray<Name>,
  rounds: number,
  run: (contender: Name, round: number) => Effect.Effect<Numbers, E, R>
) {
  const runs = new Map(contenders.map((contender): [Name, Array<Numbers>] => [contender, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      runs.get(contender)?.push(yield* run(contender, round))
    }
  }
  const byName: Runs = Object.fromEntries(runs)
  return byName
})

type Best = "lowest" | "highest"

const bestOf = (runs: Runs, metric: string, contenders: ReadonlyArray<string>, best: Best): string | undefined => {
  const medians = contenders.flatMap((contender) => {
    const values = (runs[contender] ?? []).flatMap((numbers) => numbers[metric] ?? [])
    return values.length === 0 ? [] : [{ contender, value: median(values) }]
  })
  const sorted = medians.toSorted((a, b) => best === "lowest" ? a.value - b.value : b.value - a.value)
  return sorted[0]?.contender
}

/**
 * Of each round, one number of a contender divided by that of a peer: the one of the peers that is best over all rounds.
 * The best of each round would be the luckiest.
 */
export const ratiosOf = (
  runs: Runs = {},
  metric: string,
  contender: string,
  peers: ReadonlyArray<string>,
  best: Best = "lowest"
): ReadonlyArray<number> => {
  const peer = bestOf(runs, metric, peers, best)
  return (runs[contender] ?? []).flatMap((own, round) => {
    const value = own[metric]
    const other = peer === undefined ? undefined : runs[peer]?.[round]?.[metric]
    return value === undefined || other === undefined ? [] : [value / other]
  })
}
