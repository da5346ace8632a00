import { chmodSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs"
import { freemem } from "node:os"
import { join } from "node:path"

/** Where Linux has a file system in memory. */
const memory = "/dev/shm"
const prefix = "durable-effect-tests-"
const leastBytes = 4 * 1024 ** 3

const hasRoom = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(bavail * bsize, freemem()) >= leastBytes
  } catch {
    return false
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A run that was killed has not removed its own. */
const removeLeftovers = () => {
  for (const name of readdirSync(memory)) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)))) remove(join(memory, name))
  }
}

const remove = (folder: string) => rmSync(folder, { recursive: true, force: true })

/**
 * A folder in memory for temporary files, gone with this process; none where there are not 4 GiB to spare. Making and
 * syncing files is most of what hundreds of databases cost, and no test outlives the machine.
 */
export const memoryFolder = (): string | undefined => {
  if (!hasRoom()) return undefined
  removeLeftovers()
  const path = join(memory, `${prefix}${process.pid}`)
  mkdirSync(path)
  // PostgreSQL, which never runs as root, comes through.
  chmodSync(path, 0o755)
  process.once("exit", () => remove(path))
  return path
}
