import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"
import { KeepAlive } from "../src/traffic/KeepAlive.ts"

/** A server that does as it is told with a connection, for as long as `use` takes. */
const withServer = async (talk: (socket: Socket) => void, use: (connection: KeepAlive) => Promise<void>) => {
  const server: Server = createServer(talk).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const connection = await KeepAlive.open(`http://127.0.0.1:${port}`)
  try {
    await use(connection)
  } finally {
    connection.close()
    server.close()
  }
}

const request = Buffer.from("GET / HTTP/1.1\r\n\r\n")

describe("a connection that stays", () => {
  it("waits for an answer that comes in pieces, and takes the next one", async () => {
    const answers = [
      ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 4\r\n\r\nab", "cd"],
      ["HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n"]
    ]
    const talk = (socket: Socket) => {
      socket.setNoDelay(true)
      socket.on("data", () => {
        const write = ([piece, ...more]: ReadonlyArray<string>) => {
          if (piece !== undefined) socket.write(piece, () => setImmediate(write, more))
        }
        write(answers.shift() ?? [])
      })
    }
    await withServer(talk, async (connection) => {
      assert.deepStrictEqual(await connection.send(request), { status: 200, retryAfter: 0, body: "abcd" })
      assert.deepStrictEqual(await connection.send(request), { status: 503, retryAfter: 2, body: "" })
    })
  })

  it("says so when the server ends it", async () => {
    await withServer((socket) => socket.on("data", () => socket.destroy()), async (connection) => {
      const problems: Array<unknown> = []
      for (const nth of [1, 2]) {
        await connection.send(request).catch((error: unknown) => problems.push(error))
        assert.lengthOf(problems, nth)
      }
    })
  })
})
