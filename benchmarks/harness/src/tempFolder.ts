import { Effect } from "effect"
import { mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** How Linux calls a file system that lives in memory, where a sync of the disk costs nothing. */
const tmpfs = 0x01_02_19_94

const isInMemory = (folder: string): boolean => {
  try {
    return statfsSync(folder).type === tmpfs
  } catch {
    return true // not there at all
  }
}

/** Where temporary files lie on a disk, if anywhere. */
const parent = () => [tmpdir(), "/var/tmp"].find((folder) => !isInMemory(folder)) ?? tmpdir()

/** A new folder, on a disk where there is one; removed with the scope. */
export const tempFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(parent(), "bench-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)
