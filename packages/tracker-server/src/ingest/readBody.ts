import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect } from "effect"
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

const brokenOff = new BadRequest({ detail: "The request's body broke off. Send it again." })

/** Reads the socket itself: a stream of Effect's costs more than all else that a small request does. */
const received = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.callback<Buffer, BadRequest | PayloadTooLarge>((resume) => {
    const message = NodeHttpServerRequest.toIncomingMessage(request)
    const chunks: Array<Buffer> = []
    let bytes = 0
    const stop = (outcome: Effect.Effect<Buffer, BadRequest | PayloadTooLarge>) => {
      message.off("data", take).off("end", end).off("error", fail).off("close", fail)
      resume(outcome)
    }
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxRequestBytes) chunks.push(chunk)
      else stop(Effect.fail(tooLarge))
    }
    const end = () => stop(Effect.sync(() => Buffer.concat(chunks)))
    const fail = () => stop(Effect.fail(brokenOff))
    if (message.destroyed) return resume(Effect.fail(brokenOff))
    message.on("data", take).on("end", end).on("error", fail).on("close", fail)
    return Effect.sync(() => message.off("data", take).off("end", end).off("error", fail).off("close", fail))
  })

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

/** How many times its size a compressed body is taken for, until it is inflated: JSON of events shrinks to a tenth. */
const supposedRatio = 10
/** What a body that does not tell its length is taken for, until it is read. */
const supposedBytes = 1024 * 1024

/** A body that may be read: how much it will hold, as far as its head tells, and how to inflate it. */
export interface AnnouncedBody {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly encoding: string
  readonly inflate: Inflate | undefined
  readonly bytes: number
}

/** Refuses by its head alone what need not be read. */
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
  const length = Number(request.headers["content-length"] ?? supposedBytes)
  if (length > maxRequestBytes) return Effect.fail(tooLarge)
  const bytes = inflate === undefined ? length : Math.min(length * supposedRatio, maxRequestBytes)
  return Effect.succeed({ request, encoding, inflate, bytes })
}

const decoder = new TextDecoder("utf-8", { fatal: true })

/** The body as text: at most 5 MiB, inflated, and UTF-8 throughout. */
export const readBody = ({ encoding, inflate, request }: AnnouncedBody) =>
  Effect.flatMap(
    received(request),
    (raw) =>
      Effect.flatMap(inflate === undefined ? Effect.succeed(raw) : inflated(encoding, inflate, raw), (bytes) =>
        Effect.try({
          try: () => ({ text: decoder.decode(bytes), bytes: bytes.length }),
          catch: () =>
            new BadRequest({ detail: "The body is not valid UTF-8." })
        }))
  )
