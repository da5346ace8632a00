import { Schema } from "effect"

/** A document that cannot be analysed, and why. */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} cannot be analysed: ${this.reason}`
  }
}
