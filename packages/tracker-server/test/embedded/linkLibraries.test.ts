import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { linkLibraries } from "../../src/storage/embedded/linkLibraries.ts"

/** A package as it comes out of the registry: its libraries without their other names. */
const unpacked = (target: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const root = mkdtempSync(join(tmpdir(), "libraries-"))
      mkdirSync(join(root, "native", "lib"), { recursive: true })
      writeFileSync(join(root, "native", "lib", "libx.so.1.2"), "library")
      writeFileSync(
        join(root, "native", "pg-symlinks.json"),
        JSON.stringify([{ source: "native/lib/libx.so.1.2", target }])
      )
      return root
    }),
    (root) => Effect.sync(() => rmSync(root, { recursive: true }))
  )
const initdbOf = (root: string) => join(root, "native", "bin", "initdb")

describe("linkLibraries", () => {
  it.effect("makes the links that an install script would have made, and leaves them alone afterwards", () =>
    Effect.gen(function*() {
      const root = yield* unpacked("native/lib/libx.so")
      yield* linkLibraries(initdbOf(root))
      yield* linkLibraries(initdbOf(root))
      const link = join(root, "native", "lib", "libx.so")
      assert.deepStrictEqual([readlinkSync(link), readFileSync(link, "utf8")], ["libx.so.1.2", "library"])
    }))

  it.effect("two at once do not get into each other's way", () =>
    Effect.gen(function*() {
      const root = yield* unpacked("native/lib/libx.so")
      const both = Array.from({ length: 2 }, () => linkLibraries(initdbOf(root)))
      yield* Effect.all(both, { concurrency: "unbounded" })
    }))

  it.effect("fails where it cannot write", () =>
    Effect.gen(function*() {
      const root = yield* unpacked("native/missing/libx.so")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(linkLibraries(initdbOf(root)))))
    }))
})
