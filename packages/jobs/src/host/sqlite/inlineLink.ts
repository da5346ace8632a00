import { Deferred, Effect, Exit, type Scope } from "effect"
import { failureOf } from "./failures.ts"
import type { FileFailure, WriteAnswers, WriteOutcome, WriteRequest } from "./requests.ts"
import { openSqliteFile, type SqliteFile } from "./SqliteFile.ts"
import { type SqliteLink, typedLink } from "./SqliteLink.ts"

type WriteAnswer = WriteAnswers[keyof WriteAnswers]

interface Write {
  readonly request: WriteRequest
  readonly done: Deferred.Deferred<WriteAnswer, FileFailure>
}

/** For how many turns of the scheduler a deferrable write leaves it to others to begin a transaction. */
const patience = 3

const exitOf = (outcome: WriteOutcome): Exit.Exit<WriteAnswer, FileFailure> =>
  "failure" in outcome ? Exit.fail(outcome.failure) : Exit.succeed(outcome.answer)

/** Writes that arrive in the same turn of the scheduler share a transaction, and with it one sync of the disk. */
export const groupedWrites = (file: SqliteFile) => {
  let waiting: Array<Write> = []
  let hasLeader = false

  const writeAll = () => {
    const writes = waiting
    waiting = []
    hasLeader = false
    if (writes.length === 0) return
    const outcomes = file.write(writes.map(({ request }) => request))
    for (const [index, outcome] of outcomes.entries()) {
      const write = writes[index]
      if (write !== undefined) Deferred.doneUnsafe(write.done, exitOf(outcome))
    }
  }

  // The leader waits for the others of its turn and writes for all, so it must not be interrupted before.
  const lead = Effect.andThen(Effect.yieldNow, Effect.sync(writeAll))

  const leadUnlessDone = (done: Write["done"], turns: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (Deferred.isDoneUnsafe(done)) return Effect.void
      return turns === 0 ? Effect.sync(writeAll) : Effect.andThen(Effect.yieldNow, leadUnlessDone(done, turns - 1))
    })

  const whoLeads = ({ done }: Write, canWait: boolean) => {
    if (canWait) return leadUnlessDone(done, patience)
    if (hasLeader) return Effect.void
    hasLeader = true
    return lead
  }

  return (request: WriteRequest, canWait: boolean) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const write: Write = { request, done: Deferred.makeUnsafe() }
      waiting.push(write)
      return Effect.andThen(whoLeads(write, canWait), Deferred.await(write.done))
    }))
}

/** The file in this thread, which waits for the disk during writes. */
export const inlineLink = (filename: string): Effect.Effect<SqliteLink, FileFailure, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({ try: () => openSqliteFile(filename), catch: failureOf }),
      (file) => Effect.sync(() => file.close())
    ),
    (file) => {
      const write = groupedWrites(file)
      return typedLink({
        read: (request) =>
          Effect.suspend(() => {
            const outcome = file.read(request)
            return "failure" in outcome ? Effect.fail(outcome.failure) : Effect.succeed(outcome.answer)
          }),
        write: (request, urgency) => write(request, urgency === "soon")
      })
    }
  )
