import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"

/** What went wrong in one sentence; whoever wants more has the server's log and the timeline. */
export const complain = ({ message }: { readonly message: string }): Effect.Effect<void> =>
  Effect.andThen(
    Console.error(message),
    Effect.sync(() => {
      process.exitCode = 1
    })
  )

/** Runs a program that a person started. A closed terminal is a reason to stop like any other. */
export const runExample = <E>(program: Effect.Effect<void, E>): void => {
  process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
  NodeRuntime.runMain(program)
}
