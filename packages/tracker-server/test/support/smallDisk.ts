import { Effect, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import { appendFileSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const shell = (script: string) => ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]

/** Whether a disk of one's own can be mounted: it takes Linux and root. */
export const canMount = ((): boolean => {
  const [command = "", ...args] = shell("mount -t tmpfs -o size=1m tmpfs /mnt")
  return spawnSync(command, args).status === 0
})()

/** A disk that only one program sees. */
export interface SmallDisk {
  /** Where the program finds it. */
  readonly path: string
  /** A program on this disk: what stands before its command line. */
  readonly mounted: (program: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Where everybody else finds it, while the program runs. */
  readonly seenThrough: (pid: number) => string
}

/** A disk of so many MiB, in memory, which goes with the program that is started on it. */
export const smallDisk = (sizeMiB: number): Effect.Effect<SmallDisk, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tracker-disk-"))),
      (folder) => Effect.sync(() => rmdirSync(folder))
    ),
    (path) => ({
      path,
      mounted: (program) => [...shell(`mount -t tmpfs -o size=${sizeMiB}m tmpfs ${path} && exec "$@"`), ...program],
      seenThrough: (pid) => `/proc/${pid}/root${path}`
    })
  )

const filler = "filler"

const isFull = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOSPC"

/** Takes all that is free on a disk, also what becomes free again; until it is interrupted. */
export const keepFull = (disk: string): Effect.Effect<never> =>
  Effect.sync(() => {
    const { bavail, bsize } = statfsSync(disk)
    try {
      appendFileSync(join(disk, filler), Buffer.alloc(bavail * bsize))
    } catch (error) {
      // Others were faster, and what was left is written.
      if (!isFull(error)) throw error
    }
  }).pipe(Effect.andThen(Effect.sleep("50 millis")), Effect.forever)

/** Gives back what `keepFull` took. */
export const free = (disk: string): Effect.Effect<void> => Effect.sync(() => rmSync(join(disk, filler)))
