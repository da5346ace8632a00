import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startProcess } from "./ownProcess.ts"

/** A server in a process of its own that takes everything. */
export interface Sink {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Where it counts what has arrived, for `Arrivals`. */
  readonly arrivalsPath: string
}

/** Starts a sink; it ends with the scope. `mark` is a text that stands in each event once. */
export const startSink = Effect.fnUntraced(function*(mark: string) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "bench-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const arrivalsPath = join(folder, "arrivals")
  const job = { arrivalsPath, mark }
  const { started } = yield* startProcess(new URL("./sinkProcess.ts", import.meta.url), job, [], "the sink")
  return { url: `http://127.0.0.1:${(yield* started) ?? 0}`, arrivalsPath } satisfies Sink
})
