import { Effect, type Scope } from "effect"
import { Changes } from "../support/Changes.ts"

/** A message of a stream as a browser hands it to its page. */
export interface Message {
  readonly event: string
  readonly id: string
  readonly data: { readonly event_id: string; readonly [field: string]: unknown }
}

/** Somebody who reads a stream. */
export interface StreamClient {
  readonly status: number
  readonly headers: Headers
  /** All messages so far. */
  readonly messages: ReadonlyArray<Message>
  readonly eventIds: () => ReadonlyArray<string>
  /** How many comments came. */
  readonly comments: () => number
  /** The last id, be it with data or without. */
  readonly lastId: () => string
  readonly until: (isSo: () => boolean) => Effect.Effect<void>
  /** Ends once so many messages have come. */
  readonly untilMessages: (count: number) => Effect.Effect<ReadonlyArray<Message>>
  /** How the stream ended: `whole`, or `cut` in the middle. */
  readonly ended: Effect.Effect<"whole" | "cut">
  readonly leave: Effect.Effect<void>
  /** The body of an answer that is no stream. */
  readonly text: Effect.Effect<string>
}

/** Reads a stream until the scope closes; opened once the first id has come, or the answer is no stream. */
export const openStream = (
  url: string,
  secret: string,
  options: { readonly query?: string; readonly lastEventId?: string | undefined } = {}
): Effect.Effect<StreamClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const abort = new AbortController()
    yield* Effect.addFinalizer(() => Effect.sync(() => abort.abort()))
    const changes = new Changes()
    const messages: Array<Message> = []
    const state: { lastId: string; comments: number; ended?: "whole" | "cut" } = { lastId: "", comments: 0 }
    const answer = yield* Effect.promise(() =>
      fetch(`${url}/v1/tracker/stream${options.query ?? ""}`, {
        headers: {
          authorization: `Bearer ${secret}`,
          ...(options.lastEventId === undefined ? {} : { "last-event-id": options.lastEventId })
        },
        signal: abort.signal
      })
    )
    const take = (block: string) => {
      const fields = new Map<string, string>()
      for (const line of block.split("\n")) {
        const [, name = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? []
        fields.set(name, value)
        if (name === "") state.comments++
        if (name === "id") state.lastId = value
      }
      const data = fields.get("data")
      if (data === undefined) return
      messages.push({ event: fields.get("event") ?? "message", id: fields.get("id") ?? "", data: JSON.parse(data) })
    }
    const read = async () => {
      let rest = ""
      try {
        for await (const text of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + text).split("\n\n")
          rest = blocks.pop() ?? ""
          blocks.forEach(take)
          changes.note()
        }
        state.ended = rest === "" ? "whole" : "cut"
      } catch {
        state.ended = "cut"
      }
      changes.note()
    }
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") === true
    if (isStream) void read()
    const until = (isSo: () => boolean) => changes.until(isSo)
    if (isStream) yield* until(() => state.lastId !== "" || state.ended !== undefined)
    return {
      status: answer.status,
      headers: answer.headers,
      messages,
      eventIds: () => messages.filter(({ event }) => event === "tracking").map(({ data }) => data.event_id),
      comments: () => state.comments,
      lastId: () => state.lastId,
      until,
      untilMessages: (count) => Effect.as(until(() => messages.length >= count || state.ended !== undefined), messages),
      ended: Effect.map(until(() => state.ended !== undefined), () => state.ended ?? "cut"),
      leave: Effect.sync(() => abort.abort()),
      text: Effect.promise(() => answer.text())
    }
  })
