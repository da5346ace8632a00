import { Schema } from "effect"

/** The data directory cannot be used. `detail` says why and what to do. */
export class DataDirectoryUnusable extends Schema.TaggedError<DataDirectoryUnusable>()("DataDirectoryUnusable", {
  directory: Schema.String,
  reason: Schema.Literals(["not_writable", "foreign", "damaged", "in_use", "busy", "empty", "no_postgres"]),
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** A folder or file in it cannot be made, read or written. */
export const notWritable = (directory: string) => (cause: unknown): DataDirectoryUnusable =>
  new DataDirectoryUnusable({
    directory,
    reason: "not_writable",
    detail: `The data directory ${directory} cannot be written (${
      cause instanceof Error ? cause.message : String(cause)
    }). Give a folder that this user may write by --data-dir, or a database by --database-url.`
  })
