import { natsServer } from "@durable-effect/test-support/nats"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"

/** nats-server in a process that ends with whoever started it, and ends it; what it kept goes too. */
natsServer.pipe(
  Effect.flatMap(({ url }) => Console.log(url)),
  Effect.andThen(Effect.never),
  Effect.scoped,
  Effect.catchDefect((defect) =>
    Effect.andThen(
      Console.error(defect instanceof Error ? defect.message : String(defect)),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  ),
  NodeRuntime.runMain
)
