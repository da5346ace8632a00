import { Schema } from "effect"

/** What the agents tell each other, as `data` of requests and `result` of results. */

/** Documents that are analysed together, by their paths from the root. */
export const Part = Schema.Struct({ part: Schema.String, files: Schema.Array(Schema.String) })
export type Part = typeof Part.Type

export const Split = Schema.Struct({ parts: Schema.Array(Part) })

/** What a part is made of. */
export const Analysis = Schema.Struct({
  part: Schema.String,
  documents: Schema.Natural,
  lines: Schema.Natural,
  headings: Schema.Natural,
  exports: Schema.Natural,
  /** Of its Markdown. */
  longest: Schema.NullOr(Schema.Struct({ file: Schema.String, lines: Schema.Natural }))
})
export type Analysis = typeof Analysis.Type

export const SummaryRequest = Schema.Struct({ analyses: Schema.Array(Analysis) })

export const OutlineRequest = Schema.Struct({ file: Schema.String })
export const Outline = Schema.Struct({ file: Schema.String, headings: Schema.Array(Schema.String) })
export type Outline = typeof Outline.Type

export const Summary = Schema.Struct({
  documents: Schema.Natural,
  lines: Schema.Natural,
  /** The index, a line each. */
  index: Schema.Array(Schema.String)
})
