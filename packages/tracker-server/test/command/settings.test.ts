import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readClientSettings } from "../../src/command/settings.ts"

type Texts = Readonly<Record<string, string>>

const read = (flags: Texts, env: Texts = {}) =>
  Effect.map(
    readClientSettings({ flags, env }),
    ({ apiKey, url }) => [url, Option.getOrNull(Option.map(apiKey, Redacted.value))]
  )

/** A server's folder with its key, and this process within the folder above, until the scope closes. */
const besideServer = Effect.acquireRelease(
  Effect.sync(() => {
    const [before, root] = [process.cwd(), mkdtempSync(join(tmpdir(), "tracker-settings-"))]
    const folder = join(root, ".tracker")
    mkdirSync(folder)
    writeFileSync(join(folder, "api-key"), "dek_kept\n")
    process.chdir(root)
    return { before, root, folder }
  }),
  ({ before, root }) =>
    Effect.sync(() => {
      process.chdir(before)
      rmSync(root, { recursive: true })
    })
)

describe("whom the command asks, and as whom", () => {
  it.effect("is the server of this machine unless something else is said", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* read({ "api-key": "k" }), ["http://127.0.0.1:8084", "k"])
      const env = { TRACKER_URL: "https://tracker.example.com/base/", TRACKER_API_KEY: "dek_env" }
      assert.deepStrictEqual(yield* read({}, env), ["https://tracker.example.com/base", "dek_env"])
      const flags = { url: "http://[::1]:1", "api-key": "dek_flag" }
      assert.deepStrictEqual(yield* read(flags, env), ["http://[::1]:1", "dek_flag"])
    }))

  it.effect("is the holder of the folder's key, where the folder is named", () =>
    Effect.scoped(Effect.gen(function*() {
      const { folder } = yield* besideServer
      const url = "https://tracker.example.com"
      assert.deepStrictEqual(yield* read({ "data-dir": folder, url }), [url, "dek_kept"])
      assert.deepStrictEqual(yield* read({ url }, { TRACKER_DATA_DIR: folder }), [url, "dek_kept"])
      assert.deepStrictEqual(yield* read({ "data-dir": join(folder, "none"), url }), [url, null])
    })))

  it.effect("is the holder of the key in .tracker for a server of this machine alone", () =>
    Effect.scoped(Effect.gen(function*() {
      yield* besideServer
      for (const url of ["http://127.0.0.1:8084", "http://localhost:1", "http://[::1]:1"]) {
        assert.deepStrictEqual(yield* read({ url }), [url, "dek_kept"])
      }
      for (const url of ["http://10.0.0.1:8084", "https://localhost.example.com", "http://127.0.0.1.example.com"]) {
        assert.deepStrictEqual(yield* read({ url }), [url, null])
      }
    })))
})
