import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { copyFileSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundle } from "../../scripts/bundle.ts"
import { dataDirectory, runProcess, slow } from "./TrackerProcess.ts"

const manifest = fileURLToPath(new URL("../../package.json", import.meta.url))

/** The commands in an empty folder, with nothing installed there or above. */
const alone = Effect.gen(function*() {
  const folder = dirname(yield* dataDirectory)
  copyFileSync(manifest, join(folder, "package.json"))
  yield* Effect.promise(() => bundle(join(folder, "bin")))
  return join(folder, "bin")
})

describe("the published commands", slow, () => {
  it.live("need nothing installed beside them, and say whose code they contain", () =>
    Effect.gen(function*() {
      const folder = yield* alone
      const run = (name: string, word: string) => runProcess([word], {}, [process.execPath, join(folder, `${name}.js`)])
      const { version }: { version: string } = JSON.parse(readFileSync(manifest, "utf8"))
      for (const name of ["tracker-server", "tracker"]) {
        const { code, stderr, stdout } = yield* run(name, "--version")
        assert.deepStrictEqual([code, stderr], [0, ""], name)
        assert.include(stdout, version, name)
        assert.include((yield* run(name, "--help")).stdout, "USAGE", name)
      }
      const notices = readFileSync(join(folder, "THIRD-PARTY-NOTICES.txt"), "utf8")
      assert.match(notices, /^effect \d+\.\d+\.\d+, MIT$/m)
      assert.match(notices, /^@nats-io\/nats-core \d+\.\d+\.\d+, Apache-2\.0$/m)
      assert.include(notices, "Permission is hereby granted")
    }))
})
