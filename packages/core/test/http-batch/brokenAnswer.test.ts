import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "node:http"
import { jobEvents } from "../fixtures.ts"
import { listen } from "./listen.ts"
import { balanced, emitAll, openTracker, transports } from "./openTracker.ts"

/** Answers every request with these bytes and closes the connection in good order. */
const answering = (...lines: ReadonlyArray<string>) =>
  listen(Http.createServer((request) => {
    request.resume().on("end", () => request.socket.end(["HTTP/1.1 200 OK", ...lines].join("\r\n")))
  }))

const verdicts = JSON.stringify({
  accepted: 1,
  duplicates: 0,
  rejected: [{ index: 1, code: "invalid_payload", detail: "", retryable: false }]
})

describe.each(transports)("an answer to HttpBatch on $name that breaks off", ({ transport }) => {
  it.live("is read as far as it came", () =>
    Effect.gen(function*() {
      const host = yield* answering("transfer-encoding: chunked", "", verdicts.length.toString(16), verdicts, "")
      const { tracker } = yield* openTracker({
        transport,
        endpoint: `http://${host}/v1/events`,
        onLoss: () => undefined
      })
      yield* emitAll(tracker, yield* jobEvents(2))
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { delivered: 1, retries: 0, lost: { rejected: 1 } })
    }))

  it.live.each(["", "{\"accepted\""])("is told when it came no further than %j", (came) =>
    Effect.gen(function*() {
      const host = yield* answering("content-length: 1000", "", came)
      const { logged, tracker, warning } = yield* openTracker({ transport, endpoint: `http://${host}/v1/events` })
      yield* emitAll(tracker, yield* jobEvents(2))
      yield* tracker.flush()
      yield* warning
      assert.match(logged.join(), /took events, but of its answer .*: some may be rejected/)
      assert.deepInclude(yield* balanced(tracker), { delivered: 2, retries: 0, lost: {} })
    }))
})
