/** A program that closes the file of its first argument while an answer is under way. */
import { Effect, Exit, Fiber, Scope } from "effect"
import { makeSqliteHost } from "../../src/host/sqlite/sqliteHost.ts"

const [, , filename = ""] = process.argv
const scope = Scope.makeUnsafe()
const host = await Effect.runPromise(
  Effect.provideService(makeSqliteHost({ filename, thread: true }), Scope.Scope, scope)
)
const reading = Effect.runFork(host.load("a"))
await Effect.runPromise(Fiber.interrupt(reading))
await Effect.runPromise(Scope.close(scope, Exit.void))
process.stdout.write("closed")
