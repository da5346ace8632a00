import { type MarkAt, marksIn, markText, newPass } from "./marks.ts"

interface Template {
  readonly bytes: Buffer
  readonly marks: ReadonlyArray<MarkAt>
  readonly events: number
}

const templateOf = (head: string, events: ReadonlyArray<string>): Template => {
  const body = `{"events":[${events.join(",")}]}`
  const text = `${head}content-length: ${body.length}\r\n\r\n${body}`
  const bytes = Buffer.from(text, "utf8")
  if (bytes.length !== text.length) throw new Error("a tape holds ASCII alone, so that marks are found by their place")
  return { bytes, marks: marksIn(text), events: events.length }
}

/** The requests that a tape comes to, made beforehand. Only what marks stand for is written before each is sent. */
export class Requests {
  readonly #templates: ReadonlyArray<Template>

  /** `head` is a request's without its end and the body's length. */
  constructor(tape: ReadonlyArray<string>, batch: number, head: string) {
    const begins = Array.from({ length: Math.floor(tape.length / batch) }, (_, nth) => nth * batch)
    this.#templates = begins.map((begin) => templateOf(head, tape.slice(begin, begin + batch)))
  }

  /** One connection's way through the tape, again and again. Those of several begin at different places. */
  player(connection: number, connections: number) {
    const scratch = Buffer.alloc(Math.max(...this.#templates.map(({ bytes }) => bytes.length)))
    let next = Math.floor(this.#templates.length * connection / connections)
    let pass = newPass()
    /** The next request; its bytes stay as they are until this is called again. */
    return () => {
      if (next === this.#templates.length) {
        next = 0
        pass = newPass()
      }
      const template = this.#templates[next++]
      if (template === undefined) throw new Error("a tape is shorter than a batch")
      template.bytes.copy(scratch)
      for (const mark of template.marks) scratch.write(markText(pass, mark), mark.offset, "latin1")
      return { bytes: scratch.subarray(0, template.bytes.length), events: template.events }
    }
  }
}
