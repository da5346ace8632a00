/**
 * A program to be bundled: opens the file of its first argument, in a thread of its own if the second one is "thread", and
 * tells how that went and how many threads it has started.
 */
import { Effect, Layer } from "effect"
import { JobsHost } from "../../src/index.ts"

const [, , filename = "", where] = process.argv
let threads = 0
process.on("worker", () => {
  threads += 1
})
const host = JobsHost.sqlite({ filename, ...(where === "thread" ? { thread: true } : {}) })
const opened = Effect.match(Effect.scoped(Layer.build(host)), {
  onSuccess: () => "opened",
  onFailure: ({ message }) => message
})
void Effect.runPromise(opened).then((how) => process.stdout.write(`${how}, threads: ${threads}`))
