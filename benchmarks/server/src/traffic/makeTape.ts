import { Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { writeFileSync } from "node:fs"
import { agentPlan } from "./agentPlans.ts"
import { jobLives } from "./jobLives.ts"
import { marks } from "./marks.ts"

/** How long a tape is: whole batches of all sizes that are measured. */
const events = 2000

/** Lives of each of the four types, which make three quarters of the tape, and plans that make the rest. */
const lives = 31
const plans = 24

const instantOf = ({ time, timestamp }: { readonly time?: unknown; readonly timestamp?: unknown }) =>
  String(timestamp ?? time)

/** Replaces every match by what `of` makes of it, the same for the same text. */
const replaceEach = (text: string, pattern: RegExp, of: (found: string, nth: number) => string): string => {
  const known = new Map<string, string>()
  return text.replaceAll(pattern, (found) => {
    const before = known.get(found)
    if (before !== undefined) return before
    const made = of(found, known.size)
    known.set(found, made)
    return made
  })
}

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g
const traces = /(?<=")[0-9a-f]{32}(?=")/g
const instants = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=\.\d{3}Z)/g

/** Puts marks in place of ids, traces and instants. Ids that are made later sort later, as those of real emitters do. */
const marked = (text: string, from: number): string =>
  [
    (text: string) => replaceEach(text, uuids, (_, nth) => marks.id(nth)),
    (text: string) => replaceEach(text, traces, (_, nth) => marks.trace(nth)),
    (text: string) => replaceEach(text, instants, (found) => marks.second((Date.parse(`${found}Z`) - from) / 1000))
  ].reduce((text, mark) => mark(text), text)

/** Records a tape: jobs are run by their own runtime, which takes a second. */
export const makeTape = Effect.fnUntraced(function*(file: string) {
  const ofJobs = yield* jobLives(lives, randomUUID)
  const times = ofJobs.map((event) => Date.parse(instantOf(event)))
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const ofAgents = Array.from({ length: plans }, (_, plan) =>
    agentPlan(plan, randomUUID, (nth, count) => {
      // Each goes on for half of the time.
      const begin = from + (to - from) / 2 * plan / plans
      return new Date(begin + (to - from) / 2 * nth / count).toISOString()
    })).flat()
  const all = [...ofJobs, ...ofAgents].toSorted((left, right) => instantOf(left) < instantOf(right) ? -1 : 1)
  if (all.length < events) {
    return yield* Effect.die(new Error(`${all.length} events were recorded, too few for a tape of ${events}`))
  }
  const text = marked(JSON.stringify(all.slice(0, events)), Math.floor(from / 1000) * 1000)
  const tape = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Schema.Json)))(text)
  writeFileSync(file, JSON.stringify(tape.map((event) => JSON.stringify(event))))
})
