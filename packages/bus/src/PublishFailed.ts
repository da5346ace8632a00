import { Schema } from "effect"

/** The bus does not keep a message, or did not say in time that it does. */
export class PublishFailed extends Schema.TaggedError<PublishFailed>()("PublishFailed", {
  topic: Schema.String,
  id: Schema.String,
  detail: Schema.String,
  /** Whether the same message, with the same id, may be kept when it is sent again. */
  isRetryable: Schema.Boolean
}) {
  override get message() {
    return `The message ${this.id} for ${this.topic} was not published: ${this.detail}. ` +
      (this.isRetryable ? "Send it again under the same id." : "Sending it again will not help.")
  }
}
