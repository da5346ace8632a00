import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

/** Bundles what somebody uses of the client for browsers; effect stays outside, which is not ours to be small. */
const bundle = (names: string) =>
  Effect.promise(async () => {
    const { metafile, outputFiles } = await build({
      stdin: {
        contents: `export ${names} from "@durable-effect/tracker-server/client"`,
        resolveDir: import.meta.dirname
      },
      bundle: true,
      write: false,
      minify: true,
      metafile: true,
      platform: "browser",
      format: "esm",
      conditions: ["source"],
      external: ["effect", "effect/*"],
      logLevel: "silent",
      absWorkingDir: root
    })
    const inputs = Object.keys(metafile.inputs).filter((path) => path !== "<stdin>")
    return {
      text: outputFiles[0]?.text ?? "",
      sources: inputs.map((path) => relative(join(root, "packages"), join(root, path)))
    }
  })

describe("the client in a bundle for browsers", () => {
  const bounds = [
    { names: "{ createTrackerClient }", most: 12_000 },
    { names: "*", most: 12_500 }
  ]
  it.live.each(bounds)(
    "export $names adds at most $most bytes gzipped to effect, and nothing of Node or the server",
    ({ most, names }) =>
      Effect.gen(function*() {
        const { sources, text } = yield* bundle(names)
        assert.include(sources, "tracker-server/src/client/createTrackerClient.ts")
        assert.deepStrictEqual(
          sources.filter((path) => !/^(core\/src|tracker-server\/src\/(api|client))\//.test(path)),
          []
        )
        assert.notMatch(text, /node:/)
        assert.isAtMost(gzipSync(text).length, most)
      })
  )
})
