import { Schema } from "effect"

/** The store is unreachable or overloaded. Nothing was stored; the same request may succeed later. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  cause: Schema.Defect()
}) {}
