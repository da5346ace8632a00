import { Schema } from "effect"
import { readTape } from "../traffic/Tape.ts"

const Event = Schema.StructWithRest(Schema.Struct({ type: Schema.String }), [Schema.Record(Schema.String, Schema.Json)])
type Event = typeof Event.Type

const readEvent = Schema.decodeUnknownSync(Schema.fromJsonString(Event))

/** The events of a tape as values, one batch after the other, over and over again: their own ids matter to ours alone. */
export const batchesOf = <A>(tapeFile: string, batch: number, make: (event: Event) => A): () => Array<A> => {
  const events = readTape(tapeFile).map((json) => readEvent(json))
  const batches = Array.from(
    { length: Math.floor(events.length / batch) },
    (_, nth) => events.slice(nth * batch, nth * batch + batch).map(make)
  )
  let next = 0
  return () => batches[next++ % batches.length] ?? []
}
