import { natsUrl } from "@durable-effect/test-support/nats"
import { Effect, Layer, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import type { EventBus } from "../src/EventBus.ts"
import * as MemoryEventBus from "../src/memory/MemoryEventBus.ts"
import * as NatsEventBus from "../src/nats/NatsEventBus.ts"

/** A bus over a real server, under a prefix that nobody else has. */
const layerNats: Layer.Layer<EventBus> = Layer.unwrap(
  Effect.map(natsUrl, (url) => NatsEventBus.layer({ url: Redacted.make(url), prefix: `test-${randomUUID()}` }))
)

/** Every adapter of the port. */
export const buses: ReadonlyArray<readonly [name: string, layer: Layer.Layer<EventBus>]> = [
  ["memory", MemoryEventBus.layer],
  ["nats", layerNats]
]
