import { Effect, type Scope } from "effect"
import { endOfThread } from "./failures.ts"
import { FileThread } from "./FileThread.ts"
import type { FileFailure, Outcome } from "./requests.ts"
import { type SqliteLink, typedLink } from "./SqliteLink.ts"

const effectOf = <A>(outcome: Outcome<A>): Effect.Effect<A, FileFailure> =>
  "failure" in outcome ? Effect.fail(outcome.failure) : Effect.succeed(outcome.answer)

const openThread = (of: URL, filename: string): Effect.Effect<FileThread, FileFailure> =>
  Effect.callback((resume) => {
    try {
      const thread: FileThread = new FileThread(of, filename, (failure) =>
        resume(failure === undefined ? Effect.succeed(thread) : Effect.fail(failure)))
    } catch (cause) {
      resume(Effect.fail(endOfThread(cause)))
    }
  })

/**
 * The file in a thread of its own, so that this one never waits for the disk.
 * @param of URL of the thread's program
 */
export const threadLink = (filename: string, of: URL): Effect.Effect<SqliteLink, FileFailure, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      openThread(of, filename),
      (thread) => Effect.callback<void>((resume) => thread.close(() => resume(Effect.void)))
    ),
    (thread) =>
      typedLink({
        read: (request) => Effect.callback((resume) => thread.read(request, (outcome) => resume(effectOf(outcome)))),
        write: (request, urgency) =>
          Effect.uninterruptible(
            Effect.callback((resume) =>
              thread.write(request, (outcome) => resume(effectOf(outcome)), urgency === "soon")
            )
          )
      })
  )
