/** A program that stores something in the file of its first argument and does not close it. */
import { Effect, Scope } from "effect"
import { makeSqliteHost } from "../../src/host/sqlite/sqliteHost.ts"

const [, , filename = ""] = process.argv
const alarm = { dueAt: 1, generation: 1 }
await Effect.runPromise(
  makeSqliteHost({ filename, thread: true }).pipe(
    Effect.provideService(Scope.Scope, Scope.makeUnsafe()),
    Effect.flatMap((host) =>
      host.commit({ instanceId: "a", expectedVersion: 0, record: "1", alarm, events: [], entries: new Map() })
    )
  )
)
