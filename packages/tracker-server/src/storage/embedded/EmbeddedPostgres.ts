import { Deferred, Effect, Exit, Fiber, Queue, Redacted, Schedule, Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { readFileSync } from "node:fs"
import { stopBudget } from "../../stopBudget.ts"
import { isConnectionLost, sqlState } from "../postgres/sqlFailure.ts"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"
import { initialise, requireInitialised } from "./initialise.ts"
import { isAlive } from "./isAlive.ts"
import { database, type Layout, layoutOf, superuser } from "./layout.ts"
import { type Ownership, type Role, tryOwn } from "./Ownership.ts"
import { findPostmaster, type Postmaster, signalPostmaster, stopPostmaster } from "./postmaster.ts"
import { startPostmaster } from "./startPostmaster.ts"

export interface EmbeddedOptions {
  /** The data directory; created if missing. */
  readonly directory: string
  /**
   * `server`: must own the directory. `command`: attaches to a running server, otherwise starts PostgreSQL and stops
   * it.
   */
  readonly role: Role
  /** If false, fails if there is no database yet instead of creating one. Default true. */
  readonly create?: boolean
  /** Additional arguments for PostgreSQL, such as `["-c", "fsync=off"]` for tests. */
  readonly settings?: ReadonlyArray<string>
}

export interface EmbeddedPostgres {
  readonly url: Redacted.Redacted
  /** Whether PostgreSQL was found running without an owner, as a killed server leaves it. */
  readonly adopted: boolean
  /** Fails if another server took over the directory while PostgreSQL was down; otherwise never completes. */
  readonly failure: Effect.Effect<never, DataDirectoryUnusable>
}

interface Opened extends Pick<EmbeddedPostgres, "url" | "adopted"> {
  readonly port: number
  readonly ownership: Ownership
}

/** How long to wait for a command, or a killed server's last statement, to release the directory, in tries of 50 ms. */
const maxTries = 200

const urlOf = (layout: Layout, { port }: Postmaster) =>
  Redacted.make(
    `postgres://${superuser}:${readFileSync(layout.password, "utf8").trim()}@127.0.0.1:${port}/${database}`
  )

const inUse = (layout: Layout, held: { readonly by: Role; readonly pid: number }) =>
  new DataDirectoryUnusable({
    directory: layout.root,
    // A command finishes soon, a server does not.
    reason: held.by === "command" ? "busy" : "in_use",
    detail: `Another tracker-server${
      held.by === "command" ? " command" : ""
    } (process ${held.pid}) uses the data directory ${layout.root}. Stop it first, or give another folder by --data-dir.`
  })

const damaged = (layout: Layout, { reason }: SqlError) =>
  new DataDirectoryUnusable({
    directory: layout.root,
    reason: "damaged",
    detail: `PostgreSQL runs on ${layout.root}, but does not let tracker-server in (${
      reason.cause instanceof Error ? reason.cause.message : String(reason.cause)
    }). ${
      reason._tag === "AuthenticationError"
        ? `Is ${layout.password} as tracker-server wrote it?`
        : "Restore the folder from a backup, or move it away to start empty."
    } What PostgreSQL says is in ${layout.log}.`
  })

/** PostgreSQL is starting, stopping or short of resources. Any other error would only be repeated. */
const mayPass = (error: SqlError) => isConnectionLost(error) || sqlState(error)?.startsWith("53") === true

/** A connection to a frozen PostgreSQL cannot be closed gracefully. */
const closeSoon = (connection: Scope.Closeable) =>
  Effect.flatMap(
    Effect.forkDetach(Scope.close(connection, Exit.void)),
    (closing) => Effect.timeoutOption(Fiber.await(closing), stopBudget.postgresKillMs)
  )

/** One attempt at having PostgreSQL running with a known owner. Returns `undefined` if it has to be repeated. */
const tryOpen = Effect.fnUntraced(function*(
  layout: Layout,
  options: EmbeddedOptions & { readonly port?: number },
  isLast: boolean
): Effect.fn.Return<Opened | undefined, DataDirectoryUnusable, Scope.Scope> {
  yield* options.create === false ? requireInitialised(layout) : initialise(layout)
  const running = findPostmaster(layout)
  const postmaster = running ?? (yield* Effect.interruptible(startPostmaster(layout, options)))
  if (postmaster.state !== "ready") return undefined
  const url = urlOf(layout, postmaster)
  const connection = yield* Effect.acquireRelease(Scope.make(), closeSoon)
  const ownership = yield* tryOwn(url, options.role).pipe(
    Scope.provide(connection),
    Effect.catch((error) => {
      if (!isLast && mayPass(error)) return Effect.succeed(undefined)
      const undo = running === undefined ? stopPostmaster(layout, postmaster) : Effect.void
      return Effect.andThen(undo, Effect.fail(damaged(layout, error)))
    })
  )
  if (ownership === undefined) return undefined
  const opened = { url, adopted: running !== undefined, port: postmaster.port, ownership }
  if (ownership._tag === "Owned") {
    // PostgreSQL is detached: even an exit that skips finalizers must not leave it running.
    const onExit = () => signalPostmaster(layout, postmaster, "SIGINT")
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("exit", onExit)),
      () => Effect.andThen(stopPostmaster(layout, postmaster), Effect.sync(() => process.off("exit", onExit)))
    )
    if (options.port === undefined || postmaster.port === options.port) return opened
    // Left by a killed command, on a port where clients that know the old one will not look.
    yield* stopPostmaster(layout, postmaster)
    return undefined
  }
  yield* Scope.close(connection, Exit.void)
  const heldByServer = ownership.by === "server" && isAlive(ownership.pid)
  if (heldByServer && options.role === "command") return opened
  if (heldByServer || isLast) return yield* inUse(layout, ownership)
  // A dead owner's lock is released with its last statement, and a command finishes soon: wait for both.
  yield* Effect.logDebug(`Waiting for process ${ownership.pid} to be done with ${layout.root}`)
  return undefined
})

const openLayout = Effect.fnUntraced(function*(layout: Layout, options: EmbeddedOptions & { readonly port?: number }) {
  for (let tries = 1;; tries++) {
    // Uninterruptible, so that PostgreSQL never runs without its finalizer being registered.
    const opened = yield* Effect.uninterruptible(tryOpen(layout, options, tries >= maxTries))
    if (opened !== undefined) return opened
    yield* Effect.sleep("50 millis")
  }
})

/** Delays of 0.1, 0.2, 0.4 … s, at most 5 s: a full disk or a taken port may last indefinitely. */
const retryDelays = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** Restarts PostgreSQL on the port that all clients know, retrying as often as necessary. */
const reopen = Effect.fnUntraced(function*(layout: Layout, options: EmbeddedOptions & { readonly port: number }) {
  const scope = yield* Effect.scope
  const attempt = Effect.gen(function*() {
    // Releases what a failed attempt leaves before the next one.
    const own = yield* Scope.fork(scope)
    return yield* openLayout(layout, options).pipe(
      Scope.provide(own),
      Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
    )
  })
  return yield* attempt.pipe(
    Effect.tapError((error) =>
      error.reason === "in_use"
        ? Effect.void
        : Effect.logError(`The embedded PostgreSQL is away, it is tried again: ${error.detail}`)
    ),
    Effect.retry({ while: (error) => error.reason !== "in_use", schedule: retryDelays })
  )
})

/** Restarts PostgreSQL whenever it goes down; fails once another server owns the directory. */
const keepRunning = Effect.fnUntraced(function*(layout: Layout, options: EmbeddedOptions, first: Opened) {
  let { ownership } = first
  while (ownership._tag === "Owned") {
    yield* Effect.exit(Effect.forever(Queue.take(ownership.lost)))
    yield* Effect.logWarning("The embedded PostgreSQL went away; it is started again.")
    ownership = (yield* reopen(layout, { ...options, port: first.port })).ownership
  }
  return yield* inUse(layout, ownership)
})

/**
 * Opens the PostgreSQL of a data directory until the scope closes: creates the files if there are none, adopts a server
 * left by a killed owner, otherwise starts one. There is only one owner at a time; the owner stops PostgreSQL at the
 * end, and restarts it on the same port if it dies before that.
 */
export const open = Effect.fnUntraced(function*(
  options: EmbeddedOptions
): Effect.fn.Return<EmbeddedPostgres, DataDirectoryUnusable, Scope.Scope> {
  const layout = layoutOf(options.directory)
  const first = yield* openLayout(layout, options)
  const failure = yield* Deferred.make<never, DataDirectoryUnusable>()
  if (options.role === "server") {
    yield* keepRunning(layout, options, first).pipe(
      Effect.catchCause((cause) => Deferred.failCause(failure, cause)),
      Effect.forkScoped
    )
  }
  return { url: first.url, adopted: first.adopted, failure: Deferred.await(failure) }
})
