import { Schema } from "effect"

/** The example cannot go on; the message is for the person before the screen. */
export class ExampleFailed extends Schema.TaggedError<ExampleFailed>()("ExampleFailed", { message: Schema.String }) {}
