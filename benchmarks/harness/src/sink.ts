import { Effect } from "effect"
import { join } from "node:path"
import { startProcess } from "./ownProcess.ts"
import { tempFolder } from "./tempFolder.ts"

/** A server in a process of its own that takes everything. */
export interface Sink {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Where it counts what has arrived, for `Arrivals`. */
  readonly arrivalsPath: string
}

/** Starts a sink; it ends with the scope. `mark` is a text that stands in each event once. */
export const startSink = Effect.fnUntraced(function*(mark: string) {
  const arrivalsPath = join(yield* tempFolder, "arrivals")
  const job = { arrivalsPath, mark }
  const { started } = yield* startProcess(new URL("./sinkProcess.ts", import.meta.url), job, [], "the sink")
  return { url: `http://127.0.0.1:${(yield* started) ?? 0}`, arrivalsPath } satisfies Sink
})
