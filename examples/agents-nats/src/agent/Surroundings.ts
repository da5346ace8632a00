import { NatsEventBus } from "@durable-effect/bus/nats"
import { Config, Effect, Layer } from "effect"

/** What its starter tells each agent, by names of its environment. */
const surroundings = Config.all({
  url: Config.Redacted("AGENTS_NATS_URL"),
  prefix: Config.String("AGENTS_NATS_PREFIX")
})

/** The bus that all agents share. */
export const layerBus = Layer.unwrap(Effect.map(surroundings, (config) => NatsEventBus.layer(config)))

/** The folder that is indexed. */
export const root = Config.String("AGENTS_ROOT")

export const planId = Config.String("AGENTS_PLAN_ID")
