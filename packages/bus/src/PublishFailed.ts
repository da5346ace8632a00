import { Schema } from "effect"

/** The bus did not store a message, or did not confirm in time that it did. */
export class PublishFailed extends Schema.TaggedError<PublishFailed>()("PublishFailed", {
  topic: Schema.String,
  id: Schema.String,
  detail: Schema.String,
  /** Whether sending the same message again, with the same id, may succeed. */
  isRetryable: Schema.Boolean
}) {
  override get message() {
    return `The message ${this.id} for ${this.topic} was not published: ${this.detail}. ` +
      (this.isRetryable ? "Send it again under the same id." : "Sending it again will not help.")
  }
}
