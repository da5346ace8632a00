import type { TrackerClient } from "@durable-effect/example-support"
import { Effect, Schedule } from "effect"
import { ExampleFailed } from "./ExampleFailed.ts"

/** Waits until tracker-server has stored all that is on the bus. */
export const untilStored = (client: TrackerClient) =>
  client.ready().pipe(
    Effect.repeat({
      until: ({ bus }) => bus !== null && Object.values(bus.topics).every(({ lag }) => lag === 0),
      schedule: Schedule.spaced("100 millis")
    }),
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.fail(new ExampleFailed({ message: "tracker-server did not store all that is on the bus." }))
    })
  )
