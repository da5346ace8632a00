import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { median } from "./statistics.ts"

const times = 50
const page = Buffer.alloc(4096, 1)

/** What it takes, in the median, to write a page to a file in a folder and to bring it to the disk, milliseconds. */
export const syncMs = (folder: string): number => {
  const file = join(folder, "sync")
  const fd = openSync(file, "w")
  const each = Array.from({ length: times }, (_, index) => {
    const start = performance.now()
    writeSync(fd, page, 0, page.length, index * page.length)
    fdatasyncSync(fd)
    return performance.now() - start
  })
  closeSync(fd)
  rmSync(file)
  return median(each)
}
