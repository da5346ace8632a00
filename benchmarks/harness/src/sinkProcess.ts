/** The program of a sink: takes every request, counts the events in it and answers that all is well. */
import { Effect, Schema } from "effect"
import * as Http from "node:http"
import { setPriority } from "node:os"
import { gunzipSync } from "node:zlib"
import { Arrivals } from "./Arrivals.ts"
import { takeJob, tell } from "./job.ts"

export const SinkJob = Schema.Struct({
  /** Where it counts, for `Arrivals`. */
  arrivalsPath: Schema.String,
  /** A text that stands in each event once. */
  mark: Schema.NonEmptyString
})
export type SinkJob = typeof SinkJob.Type

const occurrences = (body: Buffer, mark: Buffer): number => {
  let count = 0
  for (let at = body.indexOf(mark); at !== -1; at = body.indexOf(mark, at + mark.length)) count += 1
  return count
}

const listen = (job: SinkJob) =>
  Effect.callback<number>((resume) => {
    const arrivals = new Arrivals(job.arrivalsPath, "write")
    const mark = Buffer.from(job.mark)
    const total = { events: 0, wireBytes: 0, requests: 0 }
    const server = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const wire = Buffer.concat(chunks)
        const accepted = occurrences(request.headers["content-encoding"] === "gzip" ? gunzipSync(wire) : wire, mark)
        total.events += accepted
        total.wireBytes += wire.length
        total.requests += 1
        arrivals.write(total)
        response.writeHead(200, { "content-type": "application/json" })
        response.end(`{"accepted":${accepted},"duplicates":0,"rejected":[]}`)
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

setPriority(10) // on few cores it is not to be in the way of what is measured

await takeJob((given) =>
  Effect.gen(function*() {
    const port = yield* listen(yield* Schema.decodeUnknownEffect(SinkJob)(given))
    yield* tell({ _tag: "Started", port })
    return yield* Effect.never
  })
)
