import { statSync } from "node:fs"

/** Somebody has removed the file, or put another in its place. */
export class FileGone extends Error {}

/**
 * A way to prove that the path still leads to the file that is open. SQLite itself goes on with one that is removed, and
 * what it stores is gone as soon as the file is closed. Throws FileGone.
 */
export const ownedFile = (filename: string): () => void => {
  const identity = () => {
    const found = statSync(filename, { throwIfNoEntry: false })
    return found === undefined ? undefined : `${found.dev}:${found.ino}`
  }
  const opened = identity()
  return () => {
    if (identity() !== opened) throw new FileGone("the file is gone")
  }
}
