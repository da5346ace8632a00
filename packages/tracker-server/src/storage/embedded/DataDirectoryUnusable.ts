import { Schema } from "effect"

/** The data directory cannot be used. `detail` says why and what to do. */
export class DataDirectoryUnusable extends Schema.TaggedError<DataDirectoryUnusable>()("DataDirectoryUnusable", {
  directory: Schema.String,
  reason: Schema.Literals(["not_writable", "foreign", "damaged", "in_use", "no_postgres"]),
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}
