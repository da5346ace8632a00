import { Effect, type Scope } from "effect"
import { connect, type Socket } from "node:net"
import { Changes } from "./Changes.ts"

/** A connection on which a test says what no HTTP client would. */
export interface RawConnection {
  readonly write: (text: string | Uint8Array) => Effect.Effect<void>
  /** Sends no more, and still reads. */
  readonly end: Effect.Effect<void>
  /** Takes nothing from here on, so that what is sent waits; and takes it again. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** All that has come so far, once it matches. */
  readonly until: (pattern: RegExp) => Effect.Effect<string>
  /** All that came until the other side closed. */
  readonly closed: Effect.Effect<string>
}

/** Opens a connection to a server; it is cut when the scope closes. */
export const rawConnection = (url: string): Effect.Effect<RawConnection, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { hostname, port } = new URL(url)
    const socket = yield* Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const opened = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () =>
          resume(Effect.succeed(opened)))
      }),
      (opened) =>
        Effect.sync(() => opened.destroy())
    )
    let received = ""
    let isClosed = false
    const changes = new Changes()
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1")
      changes.note()
    })
    const onClosed = () => {
      isClosed = true
      changes.note()
    }
    // A server that cuts the connection ends it as well.
    socket.on("error", onClosed).on("end", onClosed).on("close", onClosed)
    const when = (isSo: () => boolean) => Effect.map(changes.until(() => isSo() || isClosed), () => received)
    return {
      write: (text) => Effect.sync(() => void socket.write(text)),
      end: Effect.sync(() => void socket.end()),
      pause: Effect.sync(() => void socket.pause()),
      resume: Effect.sync(() => void socket.resume()),
      until: (pattern) => when(() => pattern.test(received)),
      closed: when(() => false)
    }
  })
