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

/** How often a text stands in what has been read so far, wherever it was cut. */
const counterOf = (mark: Buffer) => {
  const seam = mark.length - 1
  let count = 0
  /** The end of what has been read, too short to hold the mark. */
  let rest = Buffer.alloc(0)
  const countIn = (bytes: Buffer) => {
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + mark.length)) count += 1
  }
  return {
    add: (chunk: Buffer) => {
      countIn(Buffer.concat([rest, chunk.subarray(0, seam)]))
      countIn(chunk)
      rest = chunk.length < seam
        ? Buffer.concat([rest, chunk]).subarray(-seam)
        : Buffer.from(chunk.subarray(chunk.length - seam))
    },
    count: () => count
  }
}

const listen = (job: SinkJob) =>
  Effect.callback<number>((resume) => {
    const arrivals = new Arrivals(job.arrivalsPath, "write")
    const mark = Buffer.from(job.mark)
    const total = { events: 0, wireBytes: 0, requests: 0 }
    const server = Http.createServer((request, response) => {
      const marks = counterOf(mark)
      const packed: Array<Buffer> = []
      const isPacked = request.headers["content-encoding"] === "gzip"
      request.on("data", (chunk: Buffer) => {
        total.wireBytes += chunk.length
        if (isPacked) packed.push(chunk)
        else marks.add(chunk)
      })
      request.on("end", () => {
        if (isPacked) marks.add(gunzipSync(Buffer.concat(packed)))
        const accepted = marks.count()
        total.events += accepted
        total.requests += 1
        arrivals.write(total)
        const answer = `{"accepted":${accepted},"duplicates":0,"rejected":[]}`
        response.writeHead(200, { "content-type": "application/json", "content-length": answer.length })
        response.end(answer)
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
