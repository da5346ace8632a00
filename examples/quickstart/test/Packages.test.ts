import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { countLocked } from "../src/installed.ts"
import { Packages } from "../src/Packages.ts"

const store = "node_modules/.pnpm"

const workspace = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync(join(tmpdir(), "quickstart-"))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, store, path)), { recursive: true })
      writeFileSync(join(root, store, path), text)
    }
    write("b@1.0.0/node_modules/b/package.json", `{"name":"b","version":"1.0.0","license":"MIT"}`)
    write("b@1.0.0/node_modules/b/lib/index.js", "12345")
    write("b@1.0.0/node_modules/b/node_modules/nested/index.js", "not counted")
    write("b@1.0.0/node_modules/b/node_modules/own/package.json", "{")
    write("@s+a@2.0.0/node_modules/@s/a/package.json", `{"license":"ISC","description":"d","repository":"r"}`)
    write("@s+a@2.0.0/node_modules/@s/a/LICENCE.txt", "may be used")
    symlinkSync(join(root, store, "b@1.0.0/node_modules/b"), join(root, store, "@s+a@2.0.0/node_modules/b"))
    return root
  }),
  (root) => Effect.sync(() => rmSync(root, { recursive: true }))
)
const a = "@s+a@2.0.0/node_modules/@s/a"
const b = "b@1.0.0/node_modules/b"
const own = "b@1.0.0/node_modules/b/node_modules/own"

describe("Packages", () => {
  it.effect("lists each installed package once, those that others bring too, links not followed", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      assert.deepStrictEqual(yield* Packages.use(({ list }) => list(root)), [a, b, own])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("measures a package without what is nested in it", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const audit = yield* Packages.use((packages) => packages.audit(root, b))
      assert.deepStrictEqual([audit.name, audit.licence, audit.files, audit.bytes], ["b", "MIT", 2, 51])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("misses the text of a licence where there is none", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const findings = (path: string) =>
        Packages.use((packages) => Effect.map(packages.audit(root, path), (audit) => audit.findings))
      assert.deepStrictEqual(yield* findings(a), ["no name", "no version"])
      assert.deepStrictEqual(yield* findings(b), ["no description", "no repository", "no licence file"])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("names each licence once, and none for what cannot be read", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const licences = yield* Packages.use((packages) => packages.licences(root, [b, own, a, b]))
      assert.deepStrictEqual(licences, ["ISC", "MIT"])
    }).pipe(Effect.provide(Packages.layer)))

  it.effect("names the folder that cannot be read", () =>
    Effect.gen(function*() {
      const root = yield* workspace
      const unread = yield* Effect.flip(Packages.use(({ list }) => list("/nowhere/at/all")))
      assert.strictEqual(unread.path, "/nowhere/at/all")
      const broken = yield* Effect.flip(Packages.use(({ audit }) => audit(root, own)))
      assert.strictEqual(broken.path, join(root, store, own))
      assert.match(broken.message, /JSON/)
    }).pipe(Effect.provide(Packages.layer)))

  it("counts what a lock file names", () => {
    const lockfile =
      "lockfileVersion: '9.0'\n\npackages:\n\n  '@s/a@2.0.0':\n    resolution: {}\n\n  b@1.0.0:\n    resolution: {}\n\nsnapshots:\n\n  b@1.0.0: {}\n"
    assert.strictEqual(countLocked(lockfile), 2)
  })
})
