import { Effect, Schema } from "effect"
import * as Http from "node:http"

const Body = Schema.fromJsonString(
  Schema.Struct({ events: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) })
)
export type Event = typeof Body.Type["events"][number]

const readBody = Schema.decodeUnknownSync(Body)

/** What ends a life, or leaves it waiting for somebody. */
const ends = new Set<unknown>(["job.completed", "job.failed", "task.idle"])

/** Longest that lives may take, all of them together. */
const patience = "20 seconds"

/** A server, for as long as the scope is open, that keeps what a tracker sends it. */
export const recordEvents = Effect.gen(function*() {
  const recorded: Array<Event> = []
  const ended = Promise.withResolvers<void>()
  const over = new Set<unknown>()
  let awaited = Infinity
  const look = () => {
    if (over.size >= awaited) ended.resolve()
  }
  const server = yield* Effect.acquireRelease(
    Effect.callback<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { events } = readBody(Buffer.concat(chunks).toString("utf8"))
          recorded.push(...events)
          for (const { incarnationId, type } of events) if (ends.has(type)) over.add(incarnationId)
          response.writeHead(200, { "content-type": "application/json" })
          response.end(`{"accepted":${events.length},"duplicates":0,"rejected":[]}`)
          look()
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/v1/events`,
    /** All that has come, once so many lives are over. */
    events: (lives: number) =>
      Effect.promise(async () => {
        awaited = lives
        look()
        await ended.promise
        return recorded
      }).pipe(Effect.timeout(patience))
  }
})
