import type { JobEvent } from "@durable-effect/core"
import { assert } from "@effect/vitest"
import type { Line } from "./Line.ts"

/** After one of these nothing is told of an incarnation but another one. */
const ends: ReadonlySet<string> = new Set<JobEvent["type"]>(["job.completed", "job.failed", "job.terminated"])

/** Lives between which nothing was calm: what they do in the pool that is resharded is placed by the same number. */
export interface Chapter {
  readonly shards: number
}

interface Call {
  readonly name: string
  /** In which it was made first. */
  readonly chapter: Chapter
  /** The place among all lines where it was made first. */
  readonly askedAt: number
  /** And where it was answered first. */
  answeredAt: number | undefined
}

/** All that the lives of a program have told, however they ended. */
export class Books {
  readonly #calls = new Map<string, Call>()
  readonly #announced: Array<JobEvent> = []
  #lines = 0
  chapter: Chapter = { shards: 1 }

  add(line: Line): void {
    this.#lines += 1
    if ("announced" in line) this.#announced.push(...line.announced)
    if ("asked" in line && !this.#calls.has(line.asked)) {
      const name = line.asked
      this.#calls.set(name, { name, chapter: this.chapter, askedAt: this.#lines, answeredAt: undefined })
    }
    if ("acknowledged" in line) {
      const call = this.#calls.get(line.acknowledged)
      if (call !== undefined) call.answeredAt ??= this.#lines
    }
  }

  /** Calls that nobody has had an answer to. */
  get unanswered(): ReadonlyArray<string> {
    return [...this.#calls.values()].flatMap(({ answeredAt, name }) => answeredAt === undefined ? [name] : [])
  }

  /** All calls of a story, with their words. */
  tellingOf(story: string): ReadonlyArray<Call & { readonly words: ReadonlyArray<string> }> {
    return [...this.#calls.values()].flatMap((call) => {
      const [of, ...words] = call.name.split(" ")
      return of === story ? [{ ...call, words }] : []
    })
  }

  /** The words of all calls of a story. */
  callsOf(story: string): ReadonlyArray<ReadonlyArray<string>> {
    return this.tellingOf(story).map(({ words }) => words)
  }

  get acknowledged(): number {
    return this.#calls.size - this.unanswered.length
  }

  /** All that was announced, with what the last life has delivered; what was announced twice once. */
  eventsWith(last: ReadonlyArray<JobEvent>): ReadonlyArray<JobEvent> {
    return [...new Map([...this.#announced, ...last].map((event) => [event.eventId, event])).values()]
  }

  /** With what the last life has delivered: each event of each incarnation, in order, without a gap. */
  assertComplete(last: ReadonlyArray<JobEvent>): void {
    const lives = Map.groupBy(this.eventsWith(last), ({ incarnationId }) => incarnationId)
    for (const [incarnationId, events] of lives) {
      const idAt = new Map<number, string>()
      for (const { eventId, sequence, type } of events) {
        // Announced again after a kill it is the same one; another one in its place would show that it was not stored.
        assert.strictEqual(idAt.get(sequence) ?? eventId, eventId, `${incarnationId} ${sequence} ${type}`)
        idAt.set(sequence, eventId)
      }
      const told = [...idAt.keys()].toSorted((a, b) => a - b)
      assert.deepStrictEqual(told, told.map((_, index) => index + 1), incarnationId)
      const inOrder = events.toSorted((a, b) => a.sequence - b.sequence)
      const first = inOrder.findIndex(({ type }) => ends.has(type))
      const afterEnd = first < 0 ? [] : inOrder.slice(first).filter(({ type }) => !ends.has(type))
      assert.deepStrictEqual(afterEnd, [], incarnationId)
      // What a client's termination interrupts has no outcome.
      if (events.some((event) => event.type === "job.terminated" && event.by === "client")) continue
      const ofType = (...types: ReadonlyArray<JobEvent["type"]>) =>
        new Set(events.filter(({ type }) => types.includes(type)).map(({ executionId }) => executionId))
      const ended = ofType("execution.succeeded", "execution.failed")
      for (const begun of ofType("execution.started")) assert.isTrue(ended.has(begun), `${begun} never ended`)
    }
  }
}
