import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build, type Format } from "esbuild"
import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runProgram } from "../support/runProgram.ts"
import { temporaryFolder } from "../support/storages.ts"

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const threadProgram = pathOf("../../src/host/sqlite/durable-effect-sqlite-thread.ts")

/** A folder with a bundle of `opener.ts`, beside a `thread.js` that is not ours. */
const bundle = Effect.fnUntraced(function*(format: Format, ...others: ReadonlyArray<string>) {
  const outdir = yield* temporaryFolder
  const write = (name: string, text: string) => Effect.promise(() => writeFile(join(outdir, name), text))
  yield* Effect.promise(() =>
    build({
      entryPoints: [pathOf("./opener.ts"), ...others],
      entryNames: "[name]",
      outdir,
      bundle: true,
      platform: "node",
      format,
      conditions: ["source"],
      logLevel: "silent"
    })
  )
  yield* write("package.json", JSON.stringify({ type: format === "esm" ? "module" : "commonjs" }))
  yield* write("thread.js", `process.stdout.write("not ours")`)
  const filename = join(outdir, "jobs.db")
  return {
    filename,
    open: (...where: ReadonlyArray<string>) => runProgram(join(outdir, "opener.js"), [filename, ...where])
  }
})

const formats: ReadonlyArray<Format> = ["esm", "cjs"]

describe("the thread's program", () => {
  it.live.each(formats)(
    "is not in a bundle of one file, which uses its SQLite file itself (%s)",
    (format) =>
      Effect.gen(function*() {
        const { open } = yield* bundle(format)
        assert.strictEqual(yield* open(), "opened, threads: 0")
      })
  )

  it.live("is what has its name beside a bundle", () =>
    Effect.gen(function*() {
      const { open } = yield* bundle("esm", threadProgram)
      assert.strictEqual(yield* open(), "opened, threads: 1")
    }))

  it.live.each(formats)("is asked for where it is missing (%s)", (format) =>
    Effect.gen(function*() {
      const { filename, open } = yield* bundle(format)
      assert.strictEqual(
        yield* open("thread"),
        `The program for the thread of the SQLite file ${filename} is missing. Put @durable-effect/jobs/sqlite-thread, ` +
          "bundled as durable-effect-sqlite-thread.js, beside the ES module that uses it, or set thread: false., threads: 0"
      )
    }))

  it.live("does nothing where it is no thread", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* runProgram(threadProgram, [], folder)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), [])
    }))
})
