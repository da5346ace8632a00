import { statSync } from "node:fs"

/** Somebody removed the file, or replaced it. */
export class FileGone extends Error {}

/** Somebody removed or replaced the log beside it, where SQLite writes first. */
export class LogGone extends Error {}

const identityOf = (path: string) => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev}:${found.ino}`
}

/**
 * Verifies that the paths still lead to the open file and its log. SQLite itself continues with removed ones: what it
 * stores is gone as soon as the file is closed or, if the log was removed, as soon as the program is killed. Throws
 * FileGone or LogGone.
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
