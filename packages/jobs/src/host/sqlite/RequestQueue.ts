import type { FileFailure, Outcome } from "./requests.ts"

const noAnswer = { failure: { message: "the thread of the file did not answer", code: 0 } }

/** Requests of one kind: those to be sent, and those waiting for their answers, in order. */
export class RequestQueue<Request, Answer> {
  #asked: Array<(outcome: Outcome<Answer>) => void> = []
  #requests: Array<Request> = []

  get size() {
    return this.#requests.length
  }

  get isIdle() {
    return this.#asked.length === 0
  }

  add(request: Request, done: (outcome: Outcome<Answer>) => void) {
    this.#requests.push(request)
    this.#asked.push(done)
  }

  take(): ReadonlyArray<Request> {
    const requests = this.#requests
    this.#requests = []
    return requests
  }

  answer(outcomes: ReadonlyArray<Outcome<Answer>>) {
    const answered = this.#asked.splice(0, outcomes.length)
    for (const [index, done] of answered.entries()) done(outcomes[index] ?? noAnswer)
  }

  failAll(failure: FileFailure) {
    this.#requests = []
    for (const done of this.#asked.splice(0)) done({ failure })
  }
}
