import { type Duration, Effect } from "effect"
import { type ExecutionControls, JobsClient, type TaskControls, type TaskInstant } from "../../src/index.ts"
import type { Call } from "./calls.ts"
import type { World } from "./World.ts"

/**
 * What user code does once. All but the failing ones do their handler's work too: continuous jobs count, debounces keep
 * what was added up, `onEvent` of tasks adds, their `execute` makes ten times as much, items do nothing.
 */
export type Deed =
  | "works"
  /** Sets a state and, in a task, a schedule that must not stay, and fails with the next failure. */
  | "fails"
  /** The same with a defect. */
  | "dies"
  /** Leaves a state that breaks its schema. */
  | "spoils"
  /** Waits for the release. */
  | "holds"
  /** The same, and cannot be interrupted. */
  | "sticks"
  /** Ends the instance, in a pool the item. */
  | "terminates"
  | { readonly terminates: string }
  | { readonly takes: Duration.Input }
  /** In a task: has `execute` run, after a duration or at an instant. */
  | { readonly schedules: TaskInstant }
  /** In a task. */
  | "cancels"
  /** Does what a client does. Its answer is put down with what is seen. */
  | { readonly calls: Call }
  | { readonly progresses: number }

export type Script = ReadonlyArray<Deed>

/** What a deed is done with. */
export interface Hands extends ExecutionControls {
  readonly world: World
  readonly work: Effect.Effect<unknown, unknown>
  readonly setState: (state: { readonly n: number }) => Effect.Effect<void>
  readonly schedule?: Pick<TaskControls<unknown>, "schedule" | "cancelSchedule">
}

/** Makes a call from inside of user code. */
const callFromInside = (world: World, { method, run }: Call) =>
  Effect.gen(function*() {
    const jobs = yield* JobsClient
    const answer = yield* Effect.matchEffect(run({ jobs, definitions: {} }), {
      onSuccess: (answered) => Effect.succeed(JSON.stringify(answered).replaceAll("\"", "")),
      onFailure: (error) => Effect.succeed(error._tag)
    })
    world.saw.push(`${method}: ${answer}`)
  })

const mislead = ({ schedule, setState }: Hands) =>
  Effect.andThen(setState({ n: -1 }), schedule === undefined ? Effect.void : schedule.schedule("1 hour"))

/** Does a deed. */
export const perform = (deed: Deed, hands: Hands): Effect.Effect<unknown, unknown, JobsClient> => {
  const { schedule, setState, terminate, work, world } = hands
  switch (deed) {
    case "works":
      return work
    case "fails":
      return Effect.andThen(mislead(hands), Effect.suspend(() => Effect.fail(world.failure())))
    case "dies":
      return Effect.andThen(mislead(hands), Effect.suspend(() => Effect.die(world.failure())))
    case "spoils":
      return setState({ n: 0.5 })
    case "holds":
      return Effect.andThen(world.hold, work)
    case "sticks":
      return Effect.andThen(Effect.uninterruptible(world.hold), work)
    case "terminates":
      return Effect.andThen(work, terminate())
    case "cancels":
      return Effect.andThen(work, schedule?.cancelSchedule ?? Effect.void)
  }
  if ("terminates" in deed) return Effect.andThen(work, terminate({ reason: deed.terminates }))
  if ("takes" in deed) return Effect.andThen(Effect.sleep(deed.takes), work)
  if ("schedules" in deed) return Effect.andThen(work, schedule?.schedule(deed.schedules) ?? Effect.void)
  if ("calls" in deed) return Effect.andThen(callFromInside(world, deed.calls), work)
  return Effect.andThen(hands.progress(deed.progresses), work)
}
