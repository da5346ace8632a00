import { Effect, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { basename, join } from "node:path"
import { temporaryFolder } from "./storages.ts"

const run = (command: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(command, args, { encoding: "utf8" })

/** Whether this machine lets us have an ext4 of our own, and tell it of an error. */
export const mayHaveExt4 = process.platform === "linux" && process.geteuid?.() === 0 &&
  existsSync("/dev/loop-control") &&
  existsSync("/sys/fs/ext4") && ["/sbin/mkfs.ext4", "/usr/sbin/mkfs.ext4"].some((path) => existsSync(path))

/** An ext4 in a file, which the kernel makes read-only once it meets an error. */
export interface JournaledDisk {
  readonly folder: string
  /** What the kernel does to a disk whose cable is loose: all that is open stays open, and nothing more is written. */
  readonly failOnce: () => void
  /** As an operator would: takes it away, checks it and mounts it again. Nobody may have a file open. */
  readonly repair: () => void
}

export const journaledDisk: Effect.Effect<JournaledDisk, never, Scope.Scope> = Effect.flatMap(
  temporaryFolder,
  (parent) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const image = join(parent, "image")
        const folder = join(parent, "mounted")
        await mkdir(folder)
        writeFileSync(image, "")
        truncateSync(image, 32 * 2 ** 20)
        run("mkfs.ext4", "-q", "-F", image)
        const mount = () => run("mount", "-o", "loop,errors=remount-ro", image, folder)
        mount()
        return {
          folder,
          failOnce: () => {
            const [device = ""] = readFileSync("/proc/mounts", "utf8").split("\n")
              .filter((line) => line.split(" ")[1] === folder)
            writeFileSync(`/sys/fs/ext4/${basename(device.split(" ")[0] ?? "")}/trigger_fs_error`, "told by a test")
          },
          repair: () => {
            run("umount", folder)
            try {
              run("fsck.ext4", "-p", image)
            } catch (error) {
              // Its code is 1 when it has mended all that it found.
              if (!(error instanceof Error && "status" in error && error.status === 1)) throw error
            }
            mount()
          }
        }
      }),
      ({ folder }) => Effect.sync(() => void run("umount", "-l", folder))
    )
)
