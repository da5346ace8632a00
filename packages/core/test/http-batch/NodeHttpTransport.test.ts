import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Net from "node:net"
import { NodeHttpTransportLayer } from "../../src/http-batch/NodeHttpTransport.ts"
import { TrackerTransport } from "../../src/index.ts"
import { listen } from "./listen.ts"

/** More than what systems keep of a connection that nobody reads from. */
const bytes = 16_777_216

describe("the transport of HttpBatch over node:http", () => {
  it.live("ends once its pieces are sent, also when the answer has ended before", () =>
    Effect.gen(function*() {
      const { promise: received, resolve } = Promise.withResolvers<Buffer>()
      let connection: Net.Socket | undefined
      const server = Net.createServer({ pauseOnConnect: true }, (socket) => {
        connection = socket
        socket.write("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}")
        const chunks: Array<Buffer> = []
        let left = bytes
        socket.on("data", (chunk) => {
          chunks.push(chunk)
          left -= chunk.length
          if (left <= 0) resolve(Buffer.concat(chunks))
        })
      })
      const host = yield* listen(server)
      const transport = yield* TrackerTransport
      const body = new Uint8Array(bytes).fill(1)
      const request = { url: `http://${host}/v1/events`, headers: {}, body: [body] }
      assert.strictEqual(yield* transport.send(request, () => connection?.resume()), "{}")
      body.fill(2) // as the tracker does with its next batch
      assert.isFalse((yield* Effect.promise(() => received)).includes(2))
    }).pipe(Effect.provide(NodeHttpTransportLayer)))
})
