import { Effect } from "effect"

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

/** Of each round, one number of a contender divided by the best of its peers. */
export const ratiosOf = (
  runs: Runs | undefined,
  metric: string,
  contender: string,
  peers: ReadonlyArray<string>,
  best: "lowest" | "highest" = "lowest"
): ReadonlyArray<number> =>
  (runs?.[contender] ?? []).flatMap((own, round) => {
    const others = peers.flatMap((peer) => runs?.[peer]?.[round]?.[metric] ?? [])
    const value = own[metric]
    if (value === undefined || others.length === 0) return []
    return [value / (best === "lowest" ? Math.min(...others) : Math.max(...others))]
  })
