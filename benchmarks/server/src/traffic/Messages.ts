import { type MarkAt, marksIn, markText, newPass } from "./marks.ts"

interface Template {
  readonly bytes: Buffer
  readonly marks: ReadonlyArray<MarkAt>
  readonly topic: string
  /** Where in the text its id is. */
  readonly id: { readonly from: number; readonly to: number }
}

export interface TapeMessage {
  readonly topic: string
  readonly id: string
  readonly body: Uint8Array
}

const topics = ["system-events", "action-requests", "action-results"]

const idOf = (text: string): Template["id"] => {
  const [, found] = /"(?:eventId|id)":"([0-9a-f-]{36})"/.exec(text) ?? []
  if (found === undefined) throw new Error(`an event of a tape has no id: ${text}`)
  const from = text.indexOf(found)
  return { from, to: from + found.length }
}

const templateOf = (text: string): Template => {
  const [, topic = ""] = /"topic":"([^"]+)"/.exec(text) ?? []
  // What says another topic itself keeps it, wherever it is published.
  return {
    bytes: Buffer.from(text, "latin1"),
    marks: marksIn(text),
    topic: topics.includes(topic) ? topic : "system-events",
    id: idOf(text)
  }
}

/** The messages that a tape comes to, one an event. Only what marks stand for is written before each is sent. */
export class Messages {
  readonly #templates: ReadonlyArray<Template>

  constructor(tape: ReadonlyArray<string>) {
    this.#templates = tape.map(templateOf)
  }

  /** One connection's way through the tape, again and again. Those of several begin at different places. */
  player(connection: number, connections: number) {
    let next = Math.floor(this.#templates.length * connection / connections)
    let pass = newPass()
    return (): TapeMessage => {
      if (next === this.#templates.length) {
        next = 0
        pass = newPass()
      }
      const template = this.#templates[next++]
      if (template === undefined) throw new Error("a tape is empty")
      const { bytes, id, marks, topic } = template
      const body = Buffer.from(bytes)
      for (const mark of marks) body.write(markText(pass, mark), mark.offset, "latin1")
      return { topic, id: body.toString("latin1", id.from, id.to), body }
    }
  }
}
