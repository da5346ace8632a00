import { Effect, type Scope } from "effect"
import { resolve } from "node:path"
import type { HostUnavailable } from "../../errors.ts"
import { type Commit, type JobsHostService, VersionConflict } from "../HostPort.ts"
import { inlineLink } from "./inlineLink.ts"
import { RecentRows } from "./RecentRows.ts"
import { commitRequest, type FileFailure, outboxRow } from "./requests.ts"
import { codes } from "./resultCodes.ts"
import { threadLink } from "./threadLink.ts"
import { threadProgram } from "./threadProgram.ts"
import { notOpened, unavailable } from "./unavailable.ts"

export interface SqliteHostOptions {
  /** Path of the file; created if missing. SQLite keeps `-wal` beside it. */
  readonly filename: string
  /**
   * Whether to use the file in a thread of its own, so that the program never waits for the disk. Default: yes if the
   * thread's program is present, which it is not for programs bundled into a single file.
   */
  readonly thread?: boolean
}

const noFile = "JobsHost.sqlite needs a file: give its name, or use JobsHost.memory to keep nothing."

/** Maximum expired rows removed per transaction: nothing else happens meanwhile. */
const expiredAtOnce = 250

/** `node:sqlite` with WAL and `synchronous=FULL`: a successful commit has reached the disk. */
export const makeSqliteHost = (
  { filename: name, thread }: SqliteHostOptions
): Effect.Effect<JobsHostService, HostUnavailable, Scope.Scope> => {
  const filename = resolve(name)
  const program = thread === false ? undefined : threadProgram()
  const open = name === ":memory:"
    ? Effect.fail({ code: codes.refused, message: noFile })
    : program !== undefined
    ? threadLink(filename, program)
    : thread === true
    ? Effect.fail({ code: codes.noThreadProgram, message: "the thread's program is missing" })
    : inlineLink(filename)
  return Effect.map(Effect.mapError(open, notOpened(filename)), (file) => {
    const failed = unavailable(filename)
    const orFailed = <A>(what: string, answer: Effect.Effect<A, FileFailure>, instanceId?: string) =>
      Effect.mapError(answer, (failure) => failed(what, failure, instanceId))

    const recent = new RecentRows()
    const peekInFile = (limit: number, after: number) =>
      Effect.map(orFailed("the read of events that wait", file.read(["peekOutbox", limit, after])), (rows) => {
        if (after === 0) recent.learn(rows[0])
        return rows
      })

    /** Even if the caller is interrupted, what is stored becomes known. */
    const commit = (change: Commit) =>
      Effect.uninterruptible(Effect.suspend(() => {
        const { expectedVersion, instanceId } = change
        const request = commitRequest(change)
        const lines = request[7]
        return Effect.flatMap(orFailed("the commit", file.write(request), instanceId), (answer) => {
          if (typeof answer === "object") {
            return Effect.fail(new VersionConflict({ instanceId, expectedVersion, ...answer }))
          }
          if (answer !== undefined && lines !== undefined) recent.add({ position: answer, lines })
          return Effect.void
        })
      }))

    return {
      name: "sqlite",
      load: (instanceId) => orFailed("the read of the record", file.read(["load", instanceId]), instanceId),
      commit,
      loadEntry: (instanceId, key) =>
        orFailed("the read of a row", file.read(["loadEntry", instanceId, key]), instanceId),
      loadEach: (instanceId, keys) =>
        orFailed("the read of rows", file.read(["loadEach", instanceId, keys]), instanceId),
      loadEntries: (instanceId, range) =>
        orFailed("the read of the rows", file.read(["loadEntries", instanceId, range]), instanceId),
      removeExpired: (now) => {
        const some: Effect.Effect<void, FileFailure> = Effect.flatMap(
          file.write(["removeExpired", now, expiredAtOnce]),
          (removed) => removed === expiredAtOnce ? some : Effect.void
        )
        return orFailed("the removal of what has expired", some)
      },
      earliestAlarms: (limit, upTo = Infinity, without = []) =>
        orFailed("the read of the alarms", file.read(["earliestAlarms", limit, upTo, without])),
      heldAlarms: orFailed("the read of the alarms", file.read(["heldAlarms"])),
      peekOutbox: (limit, after = 0) =>
        Effect.suspend(() => {
          const known = recent.peek(limit, after)
          const rows = known === undefined ? peekInFile(limit, after) : Effect.succeed(known)
          return Effect.map(rows, (some) => some.map(outboxRow))
        }),
      ackOutbox: (positions) =>
        Effect.map(
          orFailed("the removal of delivered events", file.write(["ackOutbox", positions], "soon")),
          () => recent.remove(positions)
        )
    }
  })
}
