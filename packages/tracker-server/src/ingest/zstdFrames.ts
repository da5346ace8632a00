import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"

/** RFC 9659 limits the window of zstd over HTTP to 8 MiB; otherwise a frame header alone could demand more memory. */
const params = { [zlib.constants.ZSTD_d_windowLogMax]: 23 }

/** More than any compressor needs for 5 MiB; each frame costs a decompressor. */
const maxFrames = 1000

const tooLarge = Object.assign(new Error("the output is too large"), { code: "ERR_BUFFER_TOO_LARGE" })

/**
 * Decompresses all frames of a body, whereas `zlib.zstdDecompress` silently drops everything after the first. Calls
 * `done` once, with an error as soon as the output exceeds `maxOutputLength` bytes.
 */
export const zstdFrames = (
  bytes: Buffer,
  { maxOutputLength }: { readonly maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void
): void => {
  const output: Array<Buffer> = []
  let length = 0
  const fail = (error: Error) => done(error, Buffer.alloc(0))
  const frame = (offset: number, count: number) => {
    if (count > maxFrames) return fail(new Error("too many frames"))
    const engine = zlib.createZstdDecompress({ params })
    engine.on("data", (chunk: Buffer) => {
      output.push(chunk)
      length += chunk.length
      if (length > maxOutputLength) engine.destroy(tooLarge)
    })
    engine.once("error", fail)
    engine.once("end", () => {
      const next = offset + engine.bytesWritten
      if (next === bytes.length) done(null, Buffer.concat(output))
      else frame(next, count + 1)
    })
    engine.end(bytes.subarray(offset))
  }
  frame(0, 1)
}
