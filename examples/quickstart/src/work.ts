import { Effect } from "effect"
import { calling } from "./DemoFailed.ts"
import { startOfAudit } from "./jobs.ts"
import type { Runtime } from "./runtime.ts"

/** The id of the one instance that each job has here. */
export const instance = "workspace"

/** Starts both jobs, or finds them where an earlier run was interrupted. */
export const startWork = Effect.fnUntraced(function*(runtime: Runtime, directory: string) {
  const audit = runtime.client.continuous("packageAudit")
  const check = runtime.client.continuous("lockfileCheck")
  const id = instance
  const started = yield* calling(async () => [
    await audit.start({ id, input: startOfAudit(directory) }),
    await check.start({ id, input: { directory } })
  ])
  return {
    planId: `continuous:packageAudit:${id}`,
    isResumed: started.some(({ created }) => !created),
    /** Whether both have ended. */
    isOver: Effect.map(
      calling(() => Promise.all([audit.status({ id }), check.status({ id })])),
      (all) => all.every(({ status }) => status !== "running")
    ),
    /** Resolves when the server has all events. */
    delivered: calling(() => runtime.flush())
  }
})
