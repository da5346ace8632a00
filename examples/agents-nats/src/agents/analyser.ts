import { AgentReporter } from "@durable-effect/bus"
import { Effect } from "effect"
import { runAgent } from "../agent/runAgent.ts"
import { action, serve } from "../agent/serve.ts"
import * as Surroundings from "../agent/Surroundings.ts"
import { OutlineRequest, Part } from "../messages.ts"
import { analysisOf } from "../work/analysis.ts"
import { type Document, readDocument } from "../work/readDocument.ts"

/** How often it says how far it is. */
const reports = 4

// #region analyse
/** Reads all documents of a part. One that cannot be read fails the part: half an index would look like a whole one. */
const analyse = action("part.analyse.requested", Part, ({ files, part }, taskId) =>
  Effect.gen(function*() {
    const { progress } = yield* AgentReporter
    const root = yield* Effect.orDie(Surroundings.root)
    const step = Math.ceil(files.length / reports)
    const documents: Array<Document> = []
    for (const [index, file] of files.entries()) {
      if (index % step === 0) {
        yield* progress(taskId, index / files.length, `Processing document ${index + 1} of ${files.length}`)
      }
      documents.push(yield* readDocument(root, file))
    }
    yield* progress(taskId, 1, `Processed ${files.length} documents`)
    return analysisOf(part, documents)
  }))
// #endregion

/** What one document is about. */
const outline = action("document.outline.requested", OutlineRequest, ({ file }) =>
  Effect.gen(function*() {
    const { headings } = yield* readDocument(yield* Effect.orDie(Surroundings.root), file)
    return { file, headings }
  }))

runAgent("analyser", serve([analyse, outline]))
