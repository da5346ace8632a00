import { Schema } from "effect"

/** The parameters of every list. */
export const page = {
  limit: Schema.optionalKey(
    Schema.String.annotate({
      description: "1 to 500, default 100. A page of large events may be shorter: follow `next_cursor`."
    })
  ),
  cursor: Schema.optionalKey(Schema.String.annotate({ description: "`next_cursor` of the previous page." }))
}
