import { Effect } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { temporaryFolder } from "../support/storages.ts"
import type { Books } from "./Books.ts"
import type { Line, Orders } from "./Line.ts"

/** `worker.ts` as one file of JavaScript, which starts several times as fast, beside that of its SQLite file's thread. */
export const bundledWorker = Effect.gen(function*() {
  const outdir = yield* temporaryFolder
  yield* Effect.promise(() =>
    build({
      entryPoints: ["worker.ts", "../../src/host/sqlite/durable-effect-sqlite-thread.ts"].map((file) =>
        fileURLToPath(new URL(file, import.meta.url))
      ),
      entryNames: "[name]",
      outdir,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["source"],
      logLevel: "silent"
    })
  )
  yield* Effect.promise(() => writeFile(join(outdir, "package.json"), JSON.stringify({ type: "module" })))
  return join(outdir, "worker.js")
})

/**
 * Lets the program live until it stands still where it was told to, or has told so many lines; then kills it. Resolves
 * when it is gone and all that it told is in the books. Dies when it ends by itself.
 */
export const live = (worker: string, given: Omit<Orders, "unanswered">, lines: number, books: Books) =>
  Effect.promise(async () => {
    const orders: Orders = { ...given, unanswered: books.unanswered }
    const child = spawn(process.execPath, [worker, JSON.stringify(orders)], { stdio: ["ignore", "pipe", "pipe"] })
    const reader = createInterface({ input: child.stdout })
    const ended = Promise.all([once(child, "exit"), once(reader, "close")])
    let errors = ""
    let told = 0
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8")
    })
    reader.on("line", (text) => {
      if (!text.startsWith("{")) return // beside what it tells, it may log
      const line: Line = JSON.parse(text)
      books.add(line)
      told += 1
      if ("at" in line || told === lines) child.kill("SIGKILL")
    })
    const [[, signal]] = await ended
    if (signal !== "SIGKILL") throw new Error(`The program ended by itself: ${errors.slice(-2000)}`)
  })
