import { enrichEvent, eventIdOf } from "../events/enrichEvent.ts"
import type { Origin } from "../events/header.ts"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import { describeThrown } from "./describeThrown.ts"

export type EncodedEvent =
  | {
    readonly kind: "Encoded"
    readonly eventId: string
    /** A JSON object whose final brace is to be replaced by `tail`. */
    readonly json: string
    /** Never empty. */
    readonly tail: Uint8Array
  }
  | { readonly kind: "Unencodable"; readonly eventId: string; readonly detail: string }

/** The id of an event that may be malformed or missing altogether. */
export const idForReport = (event: BaseTrackingEvent | undefined): string => {
  try {
    const id: unknown = event && eventIdOf(event)
    return typeof id === "string" ? id : "unknown"
  } catch {
    return "unknown"
  }
}

const idFirst = "{\"eventId\":\""

/** The first id in an event's JSON, which is what an event of a job begins with. */
const idInJson = (json: string): string => {
  const end = json.startsWith(idFirst) ? json.indexOf("\"", idFirst.length) : -1
  const id = end < 0 ? "\\" : json.slice(idFirst.length, end)
  if (!id.includes("\\")) return id
  return /"(?:eventId|id)":"([^"\\]*)"/.exec(json)?.[1] ?? "unknown"
}

/** An event that was text already. Its id is only read if it is reported. */
class EncodedText {
  readonly kind = "Encoded"
  readonly json: string
  readonly tail: Uint8Array

  constructor(json: string, tail: Uint8Array) {
    this.json = json
    this.tail = tail
  }

  get eventId(): string {
    return idInJson(this.json)
  }
}

const utf8 = new TextEncoder()
const brace = utf8.encode("}")

/**
 * Plain JavaScript callers can pass anything. A value that is not an event must neither be sent nor spoil its batch.
 */
const checked = (given: BaseTrackingEvent | undefined): BaseTrackingEvent => {
  if (typeof given === "object" && given !== null && typeof given.type === "string") return given
  throw new TypeError("it is not an event, or `redact` did not return one")
}

/**
 * The result of an event's own `toJSON`, as plain data: a second call could return anything, or override the origin.
 */
const shown = (event: BaseTrackingEvent): BaseTrackingEvent =>
  "toJSON" in event ? checked(JSON.parse(JSON.stringify(event))) : event

/** Encodes events in their wire form, with `env` and `serviceKey` added. */
export class EventEncoder {
  readonly #origin: Origin
  readonly #originAndBrace: Uint8Array
  readonly #redact: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined

  constructor(origin: Origin, redact: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined) {
    this.#origin = origin
    this.#originAndBrace = utf8.encode(`,${JSON.stringify(enrichEvent({}, origin)).slice(1)}`)
    this.#redact = redact
  }

  /**
   * Never throws. JSON has no BigInt, cycles or `undefined`, and a getter or `redact` may throw; only that one event is
   * lost. An event on which `redact` fails is never sent unredacted.
   */
  encode(given: BaseTrackingEvent | undefined): EncodedEvent {
    try {
      const whole = checked(given)
      const event = shown(this.#redact === undefined ? whole : checked(this.#redact(whole)))
      const eventId = idForReport(event)
      // Appending the same bytes to every event is cheaper than copying it, provided they cannot clash with its own
      // fields.
      if (!("env" in event || "serviceKey" in event)) {
        const json = JSON.stringify(event)
        if (json.length > 2 && json.startsWith("{")) {
          return { kind: "Encoded", eventId, json, tail: this.#originAndBrace }
        }
      }
      return { kind: "Encoded", eventId, json: JSON.stringify(enrichEvent(event, this.#origin)), tail: brace }
    } catch (thrown) {
      return { kind: "Unencodable", eventId: idForReport(given), detail: describeThrown(thrown) }
    }
  }

  /**
   * `encode` for an event that is already JSON. The origin is appended and thereby overrides one of the event's own. If
   * the text between the braces is not valid JSON, the endpoint refuses it.
   */
  encodeJson(json: string): EncodedEvent {
    if (this.#redact === undefined && json.length > 2 && json.startsWith("{") && json.endsWith("}")) {
      return new EncodedText(json, this.#originAndBrace)
    }
    try {
      return this.encode(JSON.parse(json))
    } catch (thrown) {
      return { kind: "Unencodable", eventId: idInJson(json), detail: describeThrown(thrown) }
    }
  }
}
