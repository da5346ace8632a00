import { Effect, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { temporaryFolder } from "./storages.ts"

/** As root, or as somebody who may become root without a question. */
const asRoot = (command: string, ...args: ReadonlyArray<string>) =>
  process.geteuid?.() === 0
    ? execFileSync(command, args, { stdio: "pipe" })
    : execFileSync("sudo", ["-n", command, ...args], { stdio: "pipe" })

const isDone = (run: () => unknown): boolean => {
  try {
    run()
    return true
  } catch {
    return false
  }
}

const mountAt = (folder: string, bytes: number) =>
  asRoot("mount", "-t", "tmpfs", "-o", `size=${bytes},mode=0777`, "tmpfs", folder)

/** Whether this machine lets us have disks of our own. */
export const mayMount = process.platform === "linux" && isDone(() => {
  const folder = mkdtempSync(join(tmpdir(), "durable-effect-mount-"))
  try {
    mountAt(folder, 4096)
    asRoot("umount", folder)
  } finally {
    rmdirSync(folder)
  }
})

/** A real file system of few bytes, which can be filled and freed. */
export interface SmallDisk {
  readonly folder: string
  /** Takes all the room that is left but for so many bytes. Default 0. */
  readonly fill: (except?: number) => void
  readonly free: () => void
  /** Mounts it again so that it can only be read, or also written. Nobody may have a file open. */
  readonly remount: (as: "ro" | "rw") => void
}

const page = Buffer.alloc(4096)

export const smallDisk = (bytes: number): Effect.Effect<SmallDisk, never, Scope.Scope> =>
  Effect.flatMap(temporaryFolder, (folder) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        mountAt(folder, bytes)
        const filler = join(folder, "filler")
        return {
          folder,
          fill: (except = 0) => {
            const file = openSync(filler, "w")
            let size = 0
            while (isDone(() => writeSync(file, page))) size += page.length
            closeSync(file)
            if (except > 0) execFileSync("truncate", ["--size", String(size - except), filler])
          },
          free: () => rmSync(filler),
          remount: (as) => void asRoot("mount", "-o", `remount,${as}`, folder)
        } satisfies SmallDisk
      }),
      () => Effect.sync(() => void asRoot("umount", "-l", folder))
    ))
