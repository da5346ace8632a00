import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"
import { BadRequest, PayloadTooLarge, UnsupportedMediaType } from "../api/errors.ts"
import { maxRequestBytes } from "./limits.ts"
import { zstdFrames } from "./zstdFrames.ts"

const tooLarge = new PayloadTooLarge({
  detail: `A request has at most ${maxRequestBytes} bytes after decompression. Send the events in smaller batches.`,
  limit: maxRequestBytes
})

const received = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Buffer, BadRequest | PayloadTooLarge> =>
  Number(request.headers["content-length"] ?? 0) > maxRequestBytes
    ? Effect.fail(tooLarge)
    : request.stream.pipe(
      Stream.mapError(() => new BadRequest({ detail: "The request's body broke off. Send it again." })),
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

/** Stops as soon as the output passes the limit, so that a small body cannot become a large one. */
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

/** The request's body as text: at most 5 MiB, inflated, and UTF-8 throughout. */
export const readBody = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  const inflate = inflaters.get(encoding)
  if (inflate === undefined && encoding !== "identity") {
    return yield* new UnsupportedMediaType({
      detail: `Content-Encoding ${encoding} is not known here. Send gzip, zstd or no encoding.`
    })
  }
  const raw = yield* received(request)
  const bytes = inflate === undefined ? raw : yield* inflated(encoding, inflate, raw)
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => new BadRequest({ detail: "The body is not valid UTF-8." })
  })
})
