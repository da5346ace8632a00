import { Effect, Option, Schema } from "effect"
import { BadRequest, PayloadTooLarge, UnsupportedMediaType } from "../api/errors.ts"
import { identifierFault } from "./identifier.ts"
import { isJsonObject } from "./json.ts"
import { maxEvents, maxLostReasons } from "./limits.ts"
import type { Lost } from "./Lost.ts"

/** The content of a request: undecoded events, and its tracker's losses so far. */
export interface RequestBatch {
  readonly values: ReadonlyArray<unknown>
  readonly lost: Lost | null
}

const Name = Schema.String.check(Schema.makeFilter((name: string) => identifierFault(name) === undefined))

const readLost = Schema.decodeUnknownOption(Schema.Struct({
  tracker: Name,
  serviceKey: Name,
  counts: Schema.Record(Name, Schema.Natural).check(Schema.isMaxProperties(maxLostReasons))
}))

const parsed = (text: string) =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (error) =>
      new BadRequest({ detail: `The body is not JSON: ${error instanceof Error ? error.message : String(error)}` })
  })

const batch = (values: ReadonlyArray<unknown>, lost: Lost | null = null): RequestBatch => ({ values, lost })

const fromJson = (text: string) =>
  Effect.flatMap(parsed(text), (body) =>
    isJsonObject(body) && Array.isArray(body["events"])
      // The loss report is optional information: an unreadable one is no reason to reject events.
      ? Effect.succeed(batch(body["events"], Option.getOrNull(readLost(body["lost"]))))
      : Effect.fail(
        new BadRequest({ detail: "The body is an object with the events in an array: {\"events\": [...]}." })
      ))

/** A line that is not JSON is rejected on its own, as the text it is. */
const fromLines = (text: string) =>
  Effect.succeed(batch(
    text.split("\n").filter((line) => line.trim() !== "").map((line): unknown => {
      try {
        return JSON.parse(line)
      } catch {
        return line
      }
    })
  ))

const fromArray = (text: string) =>
  Effect.flatMap(parsed(text), (body) =>
    Array.isArray(body)
      ? Effect.succeed(batch(body))
      : Effect.fail(
        new BadRequest({ detail: "The body of application/cloudevents-batch+json is an array of events." })
      ))

/** Parses the text of a body. */
export type BatchReader = (text: string) => Effect.Effect<RequestBatch, BadRequest>

const readers = new Map<string, BatchReader>([
  ["application/json", fromJson],
  ["application/x-ndjson", fromLines],
  ["application/cloudevents+json", (text) => Effect.map(parsed(text), (event) => batch([event]))],
  ["application/cloudevents-batch+json", fromArray]
])

/** The parser for a body of this `Content-Type`; JSON if absent. */
export const batchReader = (contentType: string | undefined) => {
  const [mediaType = "", ...parameters] = (contentType ?? "application/json").toLowerCase().split(";")
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith("charset="))
  const reader = readers.get(mediaType.trim())
  return reader !== undefined && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))
    ? Effect.succeed(reader)
    : Effect.fail(
      new UnsupportedMediaType({
        detail: `Content-Type ${contentType ?? ""} is not known here. Send ${[...readers.keys()].join(", ")}, in UTF-8.`
      })
    )
}

export const tooManyEvents = new PayloadTooLarge({
  detail: `A request has at most ${maxEvents} events. Send them in smaller batches.`,
  limit: maxEvents
})
