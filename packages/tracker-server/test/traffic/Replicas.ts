import { Effect, Exit, type Redacted, Scope } from "effect"
import type { TrackerProcess } from "../cli/TrackerProcess.ts"
import { BuiltServer } from "../e2e/BuiltServer.ts"
import { Changes } from "../support/Changes.ts"

interface Replica {
  readonly process: TrackerProcess
  readonly scope: Scope.Closeable
  readonly url: string
}

/** Servers over one database, each a process of its own. */
export interface Replicas {
  /** The URL of a replica that was up a moment ago; waits while none is. Another one than `not`, where there is one. */
  readonly url: (preferred: number, not?: string) => Effect.Effect<string>
  /** Ends a replica without a warning and starts it anew; done when the new one is ready, on another port. */
  readonly kill: (replica: number) => Effect.Effect<void>
}

export const startReplicas = Effect.fnUntraced(function*(databaseUrl: Redacted.Redacted, count: number) {
  const { startOn } = yield* BuiltServer
  const all = yield* Effect.scope
  const up = new Map<number, Replica>()
  const changes = new Changes()
  const start = Effect.fnUntraced(function*(replica: number) {
    const scope = yield* Scope.fork(all)
    const process = yield* Scope.provide(startOn(databaseUrl), scope)
    up.set(replica, { process, scope, url: yield* process.url })
    changes.note()
  })
  yield* Effect.forEach(Array.from({ length: count }, (_, replica) => replica), start, { concurrency: "unbounded" })
  const choose = (preferred: number, not?: string) =>
    [...up].sort(([left], [right]) => Number(right === preferred) - Number(left === preferred))
      .map(([, { url }]) => url).find((url) => url !== not)
  const replicas: Replicas = {
    url: (preferred, not) =>
      Effect.map(changes.until(() => choose(preferred, not) !== undefined), () => choose(preferred, not) ?? ""),
    kill: Effect.fnUntraced(function*(replica: number) {
      const found = up.get(replica)
      if (found === undefined) return
      up.delete(replica)
      yield* found.process.kill("SIGKILL")
      yield* Scope.close(found.scope, Exit.void)
      yield* start(replica)
    })
  }
  return replicas
})
