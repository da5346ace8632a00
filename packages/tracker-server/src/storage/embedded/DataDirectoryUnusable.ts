import { Schema } from "effect"
import { statfsSync } from "node:fs"

/** The data directory cannot be used. `detail` says why and what to do. */
export class DataDirectoryUnusable extends Schema.TaggedError<DataDirectoryUnusable>()("DataDirectoryUnusable", {
  directory: Schema.String,
  reason: Schema.Literals(["not_writable", "foreign", "damaged", "in_use", "busy", "empty", "full", "no_postgres"]),
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** A directory or file in it cannot be created, read or written. */
export const notWritable = (directory: string) => (cause: unknown): DataDirectoryUnusable =>
  new DataDirectoryUnusable({
    directory,
    reason: "not_writable",
    detail: `The data directory ${directory} cannot be written (${
      cause instanceof Error ? cause.message : String(cause)
    }). Give a folder that this user may write by --data-dir, or a database by --database-url.`
  })

/** Less space than PostgreSQL needs to start at the very least. */
const minFreeBytes = 1024 * 1024

/**
 * Whether a full disk was the cause: according to PostgreSQL's output or, as it may not even have been able to write
 * its log, the free space.
 */
export const isFull = (directory: string, said: string): boolean => {
  if (/No space left on device|Check free disk space/.test(said)) return true
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize < minFreeBytes
  } catch {
    return false
  }
}

/** Nothing is damaged; the disk is full. */
export const noSpace = (directory: string): DataDirectoryUnusable =>
  new DataDirectoryUnusable({
    directory,
    reason: "full",
    detail:
      `There is no space left on the disk of ${directory}. Make room and start again, or give another folder by ` +
      "--data-dir. Nothing that was stored is lost."
  })
