import { Effect, Ref } from "effect"
import { calling } from "./DemoFailed.ts"
import { workspace } from "./instances.ts"
import type { Runtime } from "./runtime.ts"

/** Starts the audit and the check, or finds them where an earlier run was interrupted. */
export const startWork = Effect.fnUntraced(function*(runtime: Runtime, directory: string) {
  const audit = runtime.client.continuous("auditSummary")
  const check = runtime.client.continuous("lockfileCheck")
  const id = workspace
  const started = yield* calling(async () => [
    await audit.start({ id, input: { directory, scope: null } }),
    await check.start({ id, input: { directory } })
  ])
  const licences = yield* Ref.make<ReadonlyArray<string>>([])
  return {
    isResumed: started.some(({ created }) => !created),
    /** Whether both have ended. */
    isOver: Effect.map(
      calling(() => Promise.all([audit.status({ id }), check.status({ id })])),
      (all) => all.every(({ status }) => status !== "running")
    ),
    /** The licences that are reviewed: none before the audit has looked, the last ones known when it has ended. */
    licences: Effect.flatMap(
      calling(() => audit.getState({ id })),
      ({ state }) => Ref.updateAndGet(licences, (known) => state?.scope?.licences ?? known)
    ),
    /** Resolves when the server has all events. */
    delivered: calling(() => runtime.flush())
  }
})
