import { enrichEvent, eventIdOf } from "../events/enrichEvent.ts"
import type { Origin } from "../events/header.ts"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import { describeThrown } from "./describeThrown.ts"

export type EncodedEvent =
  | {
    readonly kind: "Encoded"
    readonly eventId: string
    /** A JSON object whose last brace gives way to `tail`. */
    readonly json: string
    /** Never empty. */
    readonly tail: Uint8Array
  }
  | { readonly kind: "Unencodable"; readonly eventId: string; readonly detail: string }

/** The id of an event that may be malformed, or none at all. */
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

const utf8 = new TextEncoder()
const brace = utf8.encode("}")

/** Plain JavaScript can give anything. What is no event must not leave, and must not spoil its batch. */
const checked = (given: BaseTrackingEvent | undefined): BaseTrackingEvent => {
  if (typeof given === "object" && given !== null && typeof given.type === "string") return given
  throw new TypeError("it is no event, or `redact` made none of it")
}

/** What an event's own `toJSON` makes of it, as data: asked again it could answer anything, or override the origin. */
const shown = (event: BaseTrackingEvent): BaseTrackingEvent =>
  "toJSON" in event ? checked(JSON.parse(JSON.stringify(event))) : event

/** Puts events into the form in which they travel, `env` and `serviceKey` added. */
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
   * Never throws: JSON has no BigInt, no cycle and no `undefined`, a getter or `redact` may throw, and such an event is
   * lost alone. One that `redact` fails on does not leave in the clear.
   */
  encode(given: BaseTrackingEvent | undefined): EncodedEvent {
    try {
      const whole = checked(given)
      const event = shown(this.#redact === undefined ? whole : checked(this.#redact(whole)))
      const eventId = idForReport(event)
      // Adding the same bytes to every event is cheaper than copying each, where they cannot meet what is there.
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
   * The same for an event that is JSON already. An origin of its own is overridden by this one, which comes after it; what
   * is no JSON between its braces is left for the endpoint to refuse.
   */
  encodeJson(json: string): EncodedEvent {
    if (this.#redact === undefined && json.length > 2 && json.startsWith("{") && json.endsWith("}")) {
      return { kind: "Encoded", eventId: idInJson(json), json, tail: this.#originAndBrace }
    }
    try {
      return this.encode(JSON.parse(json))
    } catch (thrown) {
      return { kind: "Unencodable", eventId: idInJson(json), detail: describeThrown(thrown) }
    }
  }
}
