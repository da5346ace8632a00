import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { build, type BuildOptions } from "esbuild"

/** Bundles a module for browsers. */
export const bundle = (contents: string, options: BuildOptions) =>
  Effect.promise(async () => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      minify: true,
      platform: "browser",
      conditions: ["source"],
      logLevel: "silent",
      ...options
    })
    const [file] = outputFiles ?? []
    assert.isDefined(file)
    return file
  })

/** What a browser, a Worker and Deno have in common; nothing of Node. */
export const webGlobals = (): Record<string, unknown> => ({
  AbortController,
  Blob,
  clearTimeout,
  CompressionStream,
  console,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  Response,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL
})
