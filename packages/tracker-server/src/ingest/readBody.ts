import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"
import { BadRequest, PayloadTooLarge, UnsupportedMediaType } from "../api/errors.ts"
import type { Admitted, Upload } from "./Admission.ts"
import { maxRequestBytes } from "./limits.ts"
import { zstdFrames } from "./zstdFrames.ts"

const tooLarge = new PayloadTooLarge({
  detail: `A request has at most ${maxRequestBytes} bytes after decompression. Send the events in smaller batches.`,
  limit: maxRequestBytes
})

const brokenOff = () => new BadRequest({ detail: "The request's body was cut off. Send it again." })

/** Reads a body of known length as a whole: a stream costs more than everything else a small request needs. */
const ofKnownLength = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.mapBoth(request.arrayBuffer, { onSuccess: (bytes) => Buffer.from(bytes), onFailure: brokenOff })

const inChunks = (request: HttpServerRequest.HttpServerRequest) =>
  request.stream.pipe(
    Stream.mapError(brokenOff),
    Stream.runFoldEffect(
      () => ({ chunks: Array<Uint8Array>(), bytes: 0 }),
      ({ bytes, chunks }, chunk) => {
        const total = bytes + chunk.length
        if (total > maxRequestBytes) return Effect.fail(tooLarge)
        chunks.push(chunk)
        return Effect.succeed({ chunks, bytes: total })
      }
    ),
    Effect.map(({ chunks }) => Buffer.concat(chunks))
  )

type Inflate = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void
) => void

const inflaters = new Map<string, Inflate>([["gzip", zlib.gunzip], ["x-gzip", zlib.gunzip], ["zstd", zstdFrames]])

const isTooLarge = (error: Error) => "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"

/** Stops as soon as the output exceeds the limit, so that a small body cannot expand without bound. */
const inflated = (encoding: string, inflate: Inflate, bytes: Buffer) =>
  Effect.callback<Buffer, BadRequest | PayloadTooLarge>((resume) => {
    inflate(bytes, { maxOutputLength: maxRequestBytes }, (error, result) => {
      resume(
        error === null
          ? Effect.succeed(result)
          : Effect.fail(isTooLarge(error) ? tooLarge : new BadRequest({ detail: `The body is not valid ${encoding}.` }))
      )
    })
  })

/** A body to be read: its expected size, as far as its head tells, and how to decompress it. */
export interface AnnouncedBody extends Upload {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly encoding: string
  readonly inflate: Inflate | undefined
}

/** Rejects by the head alone what need not be read. */
export const announcedBody = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<AnnouncedBody, PayloadTooLarge | UnsupportedMediaType> => {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  const inflate = inflaters.get(encoding)
  if (inflate === undefined && encoding !== "identity") {
    return Effect.fail(
      new UnsupportedMediaType({
        detail: `Content-Encoding ${encoding} is not known here. Send gzip, zstd or no encoding.`
      })
    )
  }
  const length = Number(request.headers["content-length"] ?? maxRequestBytes)
  if (length > maxRequestBytes) return Effect.fail(tooLarge)
  const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
  const before = socket.bytesRead
  return Effect.succeed({
    request,
    encoding,
    inflate,
    // The decompressed size is unknown and may reach the limit: a kilobyte of gzip can inflate to a megabyte.
    bytes: inflate === undefined ? length : maxRequestBytes,
    arrived: () => socket.bytesRead - before,
    cutOff: () => socket.destroy()
  })
}

/** The body, decompressed, at most 5 MiB. Reserves memory for it before decompressing. */
export const readBody = Effect.fnUntraced(
  function*({ encoding, inflate, request }: AnnouncedBody, { hold, shrink }: Admitted) {
    const raw = yield* request.headers["content-length"] === undefined ? inChunks(request) : ofKnownLength(request)
    yield* hold(inflate === undefined ? raw.length : maxRequestBytes)
    const bytes = inflate === undefined ? raw : yield* inflated(encoding, inflate, raw)
    if (inflate !== undefined) shrink(bytes.length)
    return bytes
  }
)

const decoder = new TextDecoder("utf-8", { fatal: true })

/** The text of a body: valid UTF-8. */
export const textOf = (bytes: Uint8Array): Effect.Effect<string, BadRequest> =>
  Effect.try({
    try: () => decoder.decode(bytes),
    catch: () => new BadRequest({ detail: "The body is not valid UTF-8." })
  })
