import { Effect, Schema } from "effect"
import { runAgent } from "../agent/runAgent.ts"
import { action, serve } from "../agent/serve.ts"
import * as Surroundings from "../agent/Surroundings.ts"
import { splitDocuments } from "../work/splitDocuments.ts"
import { Unreadable } from "../work/Unreadable.ts"

/** Finds the documents below the root, and says which belong together. */
const split = action("corpus.split.requested", Schema.Struct({}), () =>
  Effect.gen(function*() {
    const root = yield* Effect.orDie(Surroundings.root)
    return yield* Effect.tryPromise({
      try: async () => ({ parts: await splitDocuments(root) }),
      catch: (error) => new Unreadable({ file: root, reason: String(error) })
    })
  }))

runAgent("splitter", serve([split]))
