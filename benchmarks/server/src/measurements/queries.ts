import { Effect, Schema } from "effect"
import { median, percentile } from "../../../harness/src/statistics.ts"
import type { JobOf } from "../Job.ts"
import { Asker } from "./Asker.ts"
import { Load } from "./Load.ts"
import { openWriter } from "./openWriter.ts"
import { paced } from "./paced.ts"
import { lookup, type Question, questions } from "./questions.ts"
import { watchUsage } from "./usage.ts"

const all: ReadonlyArray<Question> = [lookup, ...questions]

const readPage = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({
  next_cursor: Schema.optionalKey(Schema.String)
})))

/** Asks all questions in turns until it is over, so that each meets what the others meet. Milliseconds by question. */
const askInTurns = async (asker: Asker, first: number, plans: number, until: number) => {
  const times = new Map(all.map(({ name }): [string, Array<number>] => [name, []]))
  for (let turn = first; performance.now() < until; turn++) {
    const question = all[turn % all.length] ?? lookup
    const { ms } = await asker.ask(question.path(Math.random(), plans), question === lookup ? 404 : 200)
    times.get(question.name)?.push(ms)
  }
  return times
}

/** Goes through the largest timeline, page by page. Milliseconds of each. */
const walk = async (asker: Asker) => {
  const times: Array<number> = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const { body, ms } = await asker.ask(
      `/plans/plan-large/timeline${cursor === undefined ? "" : `?cursor=${cursor}`}`,
      200
    )
    times.push(ms)
    cursor = readPage(body).next_cursor
  }
  return times
}

const tenthOf = (times: ReadonlyArray<number>) => Math.max(1, Math.floor(times.length / 10))

/** How long questions take while events come in at half of what is the limit on this machine. */
export const measureQueries = Effect.fnUntraced(function*(job: JobOf<"Queries">) {
  const { askers: count, batch, connections, limitMs, measuredMs, plans, server, warmUpMs } = job
  const writer = yield* openWriter(job)
  return yield* Effect.promise(async () => {
    const full = new Load(writer, connections)
    await full.goOn(warmUpMs)
    const [storedBefore, began] = [full.stored, performance.now()]
    await full.goOn(limitMs)
    const limit = (full.stored - storedBefore) / (performance.now() - began) * 1000
    await full.stop()

    const half = new Load(paced(writer, connections * batch / (limit / 2) * 1000), connections)
    const askers = await Promise.all(
      Array.from({ length: count }, () => Asker.open(server?.url ?? "", server?.apiKey ?? ""))
    )
    const ask = (ms: number) =>
      Promise.all(askers.map((asker, nth) => askInTurns(asker, nth, plans, performance.now() + ms)))
    await ask(warmUpMs)
    const halfBefore = half.stored
    const read = watchUsage(job)
    const asked = await ask(measuredMs)
    const usage = read(half.stored - halfBefore)
    const pages = askers[0] === undefined ? [] : await walk(askers[0])
    await half.stop()
    askers.forEach((asker) => asker.close())

    const timesOf = ({ name }: Question) => asked.flatMap((times) => times.get(name) ?? [])
    const lookupP99Ms = percentile(timesOf(lookup), 0.99)
    return Object.fromEntries<number>([
      ...Object.entries(usage),
      ["limitEventsPerSecond", limit],
      ...all.flatMap((question): ReadonlyArray<[string, number]> => {
        const times = timesOf(question)
        const p99 = percentile(times, 0.99)
        return [
          [`${question.name}Count`, times.length],
          [`${question.name}P50Ms`, percentile(times, 0.5)],
          [`${question.name}P99Ms`, p99],
          [`${question.name}P99ToLookup`, p99 / lookupP99Ms]
        ]
      }),
      ["pages", pages.length],
      ["pageMs", median(pages)],
      ["lastPagesToFirst", median(pages.slice(-tenthOf(pages))) / median(pages.slice(0, tenthOf(pages)))]
    ])
  })
})
