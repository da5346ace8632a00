import { Effect, Layer } from "effect"
import { EventBus, type Message } from "../EventBus.ts"
import { MemoryGroup, type Pending } from "./MemoryGroup.ts"

class MemoryTopic {
  readonly messages: Array<Message> = []
  readonly ids = new Set<string>()
  readonly groups = new Map<string, MemoryGroup>()

  publish(id: string, message: Message): void {
    if (this.ids.has(id)) return
    this.ids.add(id)
    this.messages.push(message)
    for (const group of this.groups.values()) group.add(message)
  }

  group(topic: string, name: string): MemoryGroup {
    const present = this.groups.get(name)
    if (present !== undefined) return present
    const made = new MemoryGroup(topic)
    this.groups.set(name, made)
    for (const message of this.messages) made.add(message)
    return made
  }
}

/** Adapter: in-process, for tests and experiments. Keeps all messages until the process ends. */
export const layer: Layer.Layer<EventBus> = Layer.effect(
  EventBus,
  Effect.sync(() => {
    const topics = new Map<string, MemoryTopic>()
    const topicOf = (name: string): MemoryTopic => {
      const topic = topics.get(name) ?? new MemoryTopic()
      topics.set(name, topic)
      return topic
    }
    return {
      publish: (topic, id, message) => Effect.sync(() => topicOf(topic).publish(id, message)),
      subscribe: Effect.fnUntraced(function*(topic: string, groupName: string) {
        const group = topicOf(topic).group(topic, groupName)
        const mine = new Set<Pending>()
        let redeliveries = 0
        yield* Effect.addFinalizer(() => Effect.sync(() => group.release(mine)))
        return {
          take: (limit) =>
            Effect.tap(group.take(limit, mine), (taken) =>
              Effect.sync(() => {
                redeliveries += taken.filter(({ attempt }) => attempt > 1).length
              })),
          status: Effect.sync(() => ({ lag: group.lag, redeliveries, fault: null }))
        }
      }),
      isConnected: Effect.succeed(true)
    }
  })
)
