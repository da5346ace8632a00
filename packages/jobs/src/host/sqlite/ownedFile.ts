import { statSync } from "node:fs"

/** Somebody has removed the file, or put another in its place. */
export class FileGone extends Error {}

/** The same of the log beside it, where SQLite writes first. */
export class LogGone extends Error {}

const identityOf = (path: string) => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev}:${found.ino}`
}

/**
 * A way to prove that the paths still lead to the file that is open and to its log. SQLite itself goes on with those that
 * are removed: what it stores is gone as soon as the file is closed, or with the log as soon as the program is killed.
 * Throws FileGone or LogGone.
 */
export const ownedFile = (filename: string): () => void => {
  const log = `${filename}-wal`
  const openedFile = identityOf(filename)
  const openedLog = identityOf(log)
  return () => {
    if (identityOf(filename) !== openedFile) throw new FileGone("the file is gone")
    if (identityOf(log) !== openedLog) throw new LogGone("the log of the file is gone")
  }
}
