import { Effect, Exit, Queue, Redacted, Scope } from "effect"
import { readFileSync } from "node:fs"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"
import { initialise } from "./initialise.ts"
import { isAlive } from "./isAlive.ts"
import { database, type Layout, layoutOf, superuser } from "./layout.ts"
import { type Ownership, type Role, tryOwn } from "./Ownership.ts"
import { findPostmaster, type Postmaster, signalPostmaster, stopPostmaster } from "./postmaster.ts"
import { startPostmaster } from "./startPostmaster.ts"

export interface EmbeddedOptions {
  /** The data directory, made when it is missing. */
  readonly directory: string
  /** `server`: must own the directory. `command`: attaches to a running server, else starts PostgreSQL and stops it. */
  readonly role: Role
  /** Further arguments for PostgreSQL, such as `["-c", "fsync=off"]` for tests. */
  readonly settings?: ReadonlyArray<string>
}

export interface EmbeddedPostgres {
  readonly url: Redacted.Redacted
  /** Whether PostgreSQL was found running without an owner, as a killed server leaves it. */
  readonly adopted: boolean
}

interface Opened extends EmbeddedPostgres {
  readonly port: number
  readonly ownership: Ownership
}

/** How long a command, or a killed server's last statement, may keep the directory before we give up, in tries of 50 ms. */
const maxTries = 200

const urlOf = (layout: Layout, { port }: Postmaster) =>
  Redacted.make(
    `postgres://${superuser}:${readFileSync(layout.password, "utf8").trim()}@127.0.0.1:${port}/${database}`
  )

const inUse = (layout: Layout, held: { readonly by: Role; readonly pid: number }) =>
  new DataDirectoryUnusable({
    directory: layout.root,
    reason: "in_use",
    detail: `Another tracker-server${
      held.by === "command" ? " command" : ""
    } (process ${held.pid}) uses the data directory ${layout.root}. Stop it first, or give another folder by --data-dir.`
  })

const damaged = (layout: Layout, cause: unknown) =>
  new DataDirectoryUnusable({
    directory: layout.root,
    reason: "damaged",
    detail: `PostgreSQL runs on ${layout.root}, but does not let tracker-server in (${
      cause instanceof Error ? cause.message : String(cause)
    }). Is ${layout.password} as tracker-server wrote it? What PostgreSQL says is in ${layout.log}.`
  })

/** One try: PostgreSQL runs, and we know who owns it. Answers `undefined` when it has to be tried again. */
const tryOpen = Effect.fnUntraced(function*(
  layout: Layout,
  options: EmbeddedOptions & { readonly port?: number },
  isLast: boolean
): Effect.fn.Return<Opened | undefined, DataDirectoryUnusable, Scope.Scope> {
  yield* initialise(layout)
  const running = findPostmaster(layout)
  const postmaster = running ?? (yield* Effect.interruptible(startPostmaster(layout, options)))
  if (postmaster.state !== "ready") return undefined
  const url = urlOf(layout, postmaster)
  const connection = yield* Scope.fork(yield* Effect.scope)
  const ownership = yield* tryOwn(url, options.role).pipe(
    Scope.provide(connection),
    Effect.catch((error) => {
      // It may stop just now, after the process that owned it.
      if (!isLast && error.reason._tag !== "AuthenticationError") return Effect.succeed(undefined)
      const undo = running === undefined ? stopPostmaster(layout, postmaster) : Effect.void
      return Effect.andThen(undo, Effect.fail(damaged(layout, error.reason.cause)))
    })
  )
  if (ownership === undefined) return undefined
  const opened = { url, adopted: running !== undefined, port: postmaster.port, ownership }
  if (ownership._tag === "Owned") {
    // PostgreSQL is detached: an exit that skips finalizers must not leave it behind either.
    const onExit = () => signalPostmaster(layout, postmaster, "SIGINT")
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("exit", onExit)),
      () => Effect.andThen(stopPostmaster(layout, postmaster), Effect.sync(() => process.off("exit", onExit)))
    )
    return opened
  }
  yield* Scope.close(connection, Exit.void)
  const heldByServer = ownership.by === "server" && isAlive(ownership.pid)
  if (heldByServer && options.role === "command") return opened
  if (heldByServer || isLast) return yield* inUse(layout, ownership)
  // A dead owner's lock goes with its last statement, and a command is done soon: both are waited for.
  yield* Effect.logDebug(`Waiting for process ${ownership.pid} to be done with ${layout.root}`)
  return undefined
})

const openLayout = Effect.fnUntraced(function*(layout: Layout, options: EmbeddedOptions & { readonly port?: number }) {
  for (let tries = 1;; tries++) {
    // Uninterruptible, so that no PostgreSQL is left between its start and its finalizer.
    const opened = yield* Effect.uninterruptible(tryOpen(layout, options, tries >= maxTries))
    if (opened !== undefined) return opened
    yield* Effect.sleep("50 millis")
  }
})

/**
 * Opens the PostgreSQL of a data directory until the scope closes: makes the files when there are none, adopts a
 * server that a killed owner left, starts one otherwise. Only one owner at a time; the owner stops PostgreSQL at the
 * end, and starts it again on the same port when it dies before that.
 */
export const open = Effect.fnUntraced(function*(
  options: EmbeddedOptions
): Effect.fn.Return<EmbeddedPostgres, DataDirectoryUnusable, Scope.Scope> {
  const layout = layoutOf(options.directory)
  const first = yield* openLayout(layout, options)
  if (first.ownership._tag === "Owned" && options.role === "server") {
    const keepRunning = Effect.gen(function*() {
      let { ownership } = first
      while (ownership._tag === "Owned") {
        yield* Effect.exit(Effect.forever(Queue.take(ownership.lost)))
        yield* Effect.logWarning("The embedded PostgreSQL went away; it is started again.")
        const again = yield* openLayout(layout, { ...options, port: first.port })
        ownership = again.ownership
      }
    })
    yield* keepRunning.pipe(
      Effect.catch((error) => Effect.logError(error.detail)),
      Effect.forkScoped
    )
  }
  return { url: first.url, adopted: first.adopted }
})
