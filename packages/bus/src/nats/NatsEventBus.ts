import { Effect, Layer, type Scope } from "effect"
import { EventBus } from "../EventBus.ts"
import { defaultPrefix, type NatsConfig } from "./NatsConfig.ts"
import { makeNatsLink } from "./NatsLink.ts"
import { makePublish } from "./publish.ts"
import { subjectsOf } from "./subjects.ts"
import { makeSubscribe } from "./subscribe.ts"

const make = (config: NatsConfig): Effect.Effect<EventBus["Service"], never, Scope.Scope> =>
  Effect.map(makeNatsLink(config), (link) => {
    const subjects = subjectsOf(config.prefix ?? defaultPrefix)
    return {
      publish: makePublish(link, subjects),
      subscribe: makeSubscribe(link, subjects),
      isConnected: Effect.sync(() => link.current() !== undefined)
    }
  })

/**
 * Adapter: NATS JetStream, 2.9 or newer. Building it does not wait for the server: it connects once there is one, and
 * reconnects whenever the connection is lost. Missing streams and consumers are created; existing ones are left as they
 * are.
 */
export const layer = (config: NatsConfig): Layer.Layer<EventBus> => Layer.effect(EventBus, make(config))
