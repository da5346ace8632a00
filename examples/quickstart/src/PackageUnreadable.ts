import { Schema } from "effect"

/** A folder or a file of a package cannot be read. */
export class PackageUnreadable extends Schema.TaggedError<PackageUnreadable>()("PackageUnreadable", {
  path: Schema.String,
  message: Schema.String
}) {}
