import type { JobEvent } from "@durable-effect/core"
import { assert } from "@effect/vitest"
import type { Line } from "./Line.ts"

/** All that the lives of a program have told, however they ended. */
export class Books {
  /** How often each call was made, and how often it was answered. */
  readonly calls = new Map<string, { asked: number; acknowledged: number }>()
  readonly #announced: Array<JobEvent> = []

  add(line: Line): void {
    if ("announced" in line) this.#announced.push(...line.announced)
    if ("asked" in line) this.#of(line.asked).asked += 1
    if ("acknowledged" in line) this.#of(line.acknowledged).acknowledged += 1
  }

  #of(name: string) {
    const known = this.calls.get(name) ?? { asked: 0, acknowledged: 0 }
    this.calls.set(name, known)
    return known
  }

  /** Calls that nobody has had an answer to. */
  get unanswered(): ReadonlyArray<string> {
    return [...this.calls].flatMap(([name, { acknowledged }]) => acknowledged === 0 ? [name] : [])
  }

  /** The words of all calls of a story. */
  callsOf(story: string): ReadonlyArray<ReadonlyArray<string>> {
    return [...this.calls.keys()].map((name) => name.split(" ")).filter(([of]) => of === story).map(([, ...words]) =>
      words
    )
  }

  get acknowledged(): number {
    return [...this.calls.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0)
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
      const ofType = (...types: ReadonlyArray<JobEvent["type"]>) =>
        new Set(events.filter(({ type }) => types.includes(type)).map(({ executionId }) => executionId))
      const ended = ofType("execution.succeeded", "execution.failed")
      for (const begun of ofType("execution.started")) assert.isTrue(ended.has(begun), `${begun} never ended`)
    }
  }
}
