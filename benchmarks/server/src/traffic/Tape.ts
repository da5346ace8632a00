import { Schema } from "effect"
import { readFileSync } from "node:fs"

/**
 * Events in the order in which they are sent, as JSON, many lives of jobs and plans of agents at a time. It is played again
 * and again: what has to differ each time is marked, see `marks`.
 */
const Tape = Schema.Array(Schema.String)
type Tape = typeof Tape.Type

const TapeFile = Schema.fromJsonString(Tape)

export const readTape = (file: string): Tape => Schema.decodeUnknownSync(TapeFile)(readFileSync(file, "utf8"))
