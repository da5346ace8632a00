import { AgentReporter, inResponseTo } from "@durable-effect/bus"
import { Effect } from "effect"
import { Colleagues } from "../agent/Colleagues.ts"
import { runAgent } from "../agent/runAgent.ts"
import { action, serve } from "../agent/serve.ts"
import { Outline, SummaryRequest } from "../messages.ts"
import { indexOf, longestOf } from "../work/analysis.ts"

/** Documents of which the index says what they are about. */
const outlined = 3

// #region delegate
/** Writes the index. What the longest documents are about it leaves to the analyser: a group of tasks of its own task. */
const summarise = action("index.summarise.requested", SummaryRequest, ({ analyses }, taskId) =>
  Effect.gen(function*() {
    const { delegationStarted, stateChanged } = yield* AgentReporter
    const { ask } = yield* Colleagues
    const files = longestOf(analyses, outlined)
    yield* stateChanged(taskId, "running", "delegated", "the analyser outlines the longest documents")
    const delegation = yield* delegationStarted(`${taskId}:outlines`, taskId, files.length)
    const outlines = yield* Effect.forEach(files, (file) =>
      ask({
        of: "analyser",
        type: "document.outline.requested",
        taskId: `${taskId}:${file}`,
        input: { file },
        answer: Outline
      }), { concurrency: "unbounded" }).pipe(inResponseTo(delegation))
    yield* stateChanged(taskId, "delegated", "running")
    return {
      documents: analyses.reduce((total, { documents }) => total + documents, 0),
      lines: analyses.reduce((total, { lines }) => total + lines, 0),
      index: indexOf(analyses, outlines.map(({ answer }) => answer))
    }
  }))
// #endregion

runAgent("summariser", Effect.provide(serve([summarise]), Colleagues.layer))
