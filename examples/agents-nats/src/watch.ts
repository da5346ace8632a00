import type { TrackerServer } from "@durable-effect/example-support"
import { StreamEvent } from "@durable-effect/tracker-server/api"
import { Console, Effect, Fiber, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { eventLine } from "./eventLine.ts"

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(StreamEvent))

const isEnd = ({ event_type }: StreamEvent) => /^plan\.(completed|failed|cancelled)$/.test(event_type)

/** Tells each event of a plan as tracker-server streams it, from now on. Answers what ends once the plan's end is told. */
export const watch = Effect.fn("watch")(function*({ apiKey, url }: TrackerServer, planId: string) {
  const client = yield* HttpClient.HttpClient
  const { stream } = yield* client.get(`${url}/v1/tracker/stream`, {
    urlParams: { plan_id: planId },
    headers: { authorization: `Bearer ${apiKey}` }
  })
  const events = stream.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filter((line) => line.startsWith("data:")),
    Stream.mapEffect((line) => decode(line.slice("data:".length)))
  )
  const telling = yield* events.pipe(
    Stream.tap((event) => Console.log(eventLine(event))),
    Stream.takeUntil(isEnd),
    Stream.runDrain,
    Effect.forkScoped
  )
  return Fiber.join(telling)
})
