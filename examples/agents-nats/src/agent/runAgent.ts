import { AgentReporter, type EventBus } from "@durable-effect/bus"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, References } from "effect"
import { layerBus } from "./Surroundings.ts"

/** Runs an agent as a process: it reports under this name, over the bus that it works for. */
export const runAgent = <E>(name: string, program: Effect.Effect<void, E, AgentReporter | EventBus>): void =>
  program.pipe(
    Effect.provide(AgentReporter.layerBus(name)),
    Effect.provide(layerBus),
    // That it connects is no news here.
    Effect.provideService(References.MinimumLogLevel, "Warn"),
    NodeRuntime.runMain
  )
