import { Cause, Effect, Exit } from "effect"
import { once } from "node:events"
import type { Message } from "./ownProcess.ts"

/** Tells the process that started this one. */
export const tell = (message: Message): Effect.Effect<void> =>
  Effect.callback((resume) => {
    process.send?.(message, () => resume(Effect.void))
  })

/** Longest that a process lives on for what it still has under way. */
const afterlifeMs = 10_000

const endAsOrphan = () => process.exit(1)

/**
 * In a process of its own: takes the job, does it, tells what came of it and ends like any program: once nothing is under
 * way any more. Ends at once when nobody listens.
 */
export const takeJob = async (
  work: (job: unknown) => Effect.Effect<Readonly<Record<string, number>>, unknown>
): Promise<void> => {
  process.once("disconnect", endAsOrphan)
  const [job]: ReadonlyArray<unknown> = await once(process, "message")
  const exit = await Effect.runPromiseExit(work(job))
  await Effect.runPromise(tell(
    Exit.isSuccess(exit)
      ? { _tag: "Done", numbers: exit.value }
      : { _tag: "Failed", problem: Cause.pretty(exit.cause) }
  ))
  process.off("disconnect", endAsOrphan)
  process.disconnect()
  setTimeout(() => process.exit(0), afterlifeMs).unref()
}
