import { Effect, Option } from "effect"
import { TrackerClient } from "../client/index.ts"

/** Plans to ask for between two prints: a busy stream must not wait for names. */
const maxLookups = 20

/** Names to remember; more than this, and all are asked for again. */
const maxNames = 10_000

/** What a person calls a plan: the job instance (`continuous:invoice:42`), else its goal. */
const nameOf = (
  { goal_event, session_id }: { readonly goal_event: string | null; readonly session_id: string | null }
) =>
  goal_event !== null && session_id?.startsWith(`${goal_event.replace(".", ":")}:`) === true ? session_id : goal_event

/** Creates the lookup of plans' names by id. A plan that has none, or that cannot be asked for now, is left out. */
export const makePlanNames = Effect.gen(function*() {
  const { query } = yield* TrackerClient
  const names = new Map<string, string>()
  return Effect.fnUntraced(function*(planIds: ReadonlySet<string>) {
    if (names.size > maxNames) names.clear()
    const unknown = [...planIds].filter((id) => !names.has(id)).slice(0, maxLookups)
    yield* Effect.forEach(
      unknown,
      (id) =>
        Effect.map(Effect.option(query.plan({ params: { plan_id: id } })), (plan) => {
          const name = Option.isSome(plan) ? nameOf(plan.value) : null
          if (name !== null) names.set(id, name)
        }),
      { concurrency: 4, discard: true }
    )
    const known: ReadonlyMap<string, string> = names
    return known
  })
})
