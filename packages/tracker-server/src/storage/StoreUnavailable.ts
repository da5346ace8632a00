import { Schema } from "effect"

/** The store cannot be reached or cannot take more now. Nothing was kept; the same request may succeed later. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  cause: Schema.Defect()
}) {}
