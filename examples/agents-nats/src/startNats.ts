import { EventBus } from "@durable-effect/bus"
import { NatsEventBus } from "@durable-effect/bus/nats"
import { startProgram, untilItSays } from "@durable-effect/example-support"
import { Effect, Redacted, References, Schedule } from "effect"
import { fileURLToPath } from "node:url"
import { ExampleFailed } from "./ExampleFailed.ts"

const program = fileURLToPath(new URL("natsServer.ts", import.meta.url))

/** Fails where nobody answers: the agents would wait for it. */
const untilConnected = (url: string) =>
  Effect.flatMap(
    EventBus,
    ({ isConnected }) =>
      Effect.repeat(isConnected, { until: (connected) => connected, schedule: Schedule.spaced("100 millis") })
  ).pipe(
    Effect.provide(NatsEventBus.layer({ url: Redacted.make(url) })),
    Effect.provideService(References.MinimumLogLevel, "Error"),
    Effect.timeoutOrElse({
      duration: "5 seconds",
      orElse: () => Effect.fail(new ExampleFailed({ message: "No NATS server answers at NATS_URL." }))
    })
  )

/** A NATS server with JetStream: the one at `NATS_URL`, or one of our own until the scope closes. */
export const startNats = Effect.gen(function*() {
  const given = process.env["NATS_URL"]
  if (given === undefined || given === "") {
    const url = yield* untilItSays(yield* startProgram(program), /nats:\/\/\S+/)
    return { url, shown: url }
  }
  yield* untilConnected(given)
  // It may hold a password.
  return { url: given, shown: "NATS_URL" }
})
