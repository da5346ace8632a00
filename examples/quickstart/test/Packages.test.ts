import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { countLocked, Packages } from "../src/Packages.ts"

const workspace = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync(join(tmpdir(), "quickstart-"))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const store = "node_modules/.pnpm"
    write(`${store}/b@1.0.0/node_modules/b/package.json`, `{"name":"b","version":"1.0.0","license":"MIT"}`)
    write(`${store}/b@1.0.0/node_modules/b/lib/index.js`, "12345")
    write(`${store}/b@1.0.0/node_modules/b/node_modules/nested/index.js`, "not counted")
    write(`${store}/b@1.0.0/node_modules/b/node_modules/own/package.json`, "{}")
    write(`${store}/@s+a@2.0.0/node_modules/@s/a/package.json`, "{}")
    symlinkSync(join(root, store, "b@1.0.0/node_modules/b"), join(root, store, "@s+a@2.0.0/node_modules/b"))
    return root
  }),
  (root) => Effect.sync(() => rmSync(root, { recursive: true }))
)

describe("Packages", () => {
  it.effect("lists each installed package once, those that others bring too, links not followed", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const paths = yield* Packages.use(({ list }) => list(root))
      assert.deepStrictEqual(paths.map((path) => path.slice(path.lastIndexOf("/node_modules/") + 14)), [
        "@s/a",
        "b",
        "own"
      ])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("measures a package without what is nested in it", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const audit = yield* Packages.use((packages) =>
        packages.audit(join(root, "node_modules/.pnpm/b@1.0.0/node_modules/b"))
      )
      assert.deepStrictEqual([audit.name, audit.licence, audit.files, audit.bytes], ["b", "MIT", 2, 51])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("names the folder that cannot be read", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Packages.use(({ list }) => list("/nowhere/at/all")))
      assert.strictEqual(error.path, "/nowhere/at/all")
    }).pipe(Effect.provide(Packages.layer)))

  it("counts what a lock file names", () => {
    const lockfile =
      "lockfileVersion: '9.0'\n\npackages:\n\n  '@s/a@2.0.0':\n    resolution: {}\n\n  b@1.0.0:\n    resolution: {}\n\nsnapshots:\n\n  b@1.0.0: {}\n"
    assert.strictEqual(countLocked(lockfile), 2)
  })
})
