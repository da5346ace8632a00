import { natsUrl } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { connectionOptions } from "../../src/nats/connectionOptions.ts"
import type { NatsLink } from "../../src/nats/NatsLink.ts"
import { makePublish } from "../../src/nats/publish.ts"
import { subjectsOf } from "../../src/nats/subjects.ts"
import { makeSubscribe } from "../../src/nats/subscribe.ts"

const opened = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() => connect(connectionOptions(url, "test"))),
    (connection) => Effect.promise(() => connection.close())
  )

/** A link that learns late that its connection has ended: the moment between the two, made long. */
const slowLink = (first: NatsConnection) => {
  let current = first
  const link: NatsLink = {
    current: () => current,
    connected: Effect.sync(() => current),
    lost: Effect.never
  }
  const replace = (connection: NatsConnection) => {
    current = connection
  }
  return { link, replace }
}

const all = { count: 10, bytes: 1_000_000 }
const message = { headers: {}, body: new TextEncoder().encode("{}") }

describe("a subscription on a connection that closes", () => {
  it.live("goes on with the next one, however late it learns of that", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const subjects = subjectsOf(`test-${randomUUID()}`)
      const [before, after] = [yield* opened(url), yield* opened(url)]
      const { link, replace } = slowLink(before)
      const publish = makePublish(link, subjects)
      const { status, take } = yield* makeSubscribe(link, subjects)("system-events", "readers")
      yield* publish("system-events", "e-1", message)
      yield* Effect.forEach(yield* take(all), ({ acknowledge }) => acknowledge)
      yield* Effect.promise(() => before.close())
      // Now it asks for more, on the connection that has closed.
      yield* Effect.repeat(status, { until: ({ fault }) => fault !== null })
      replace(after)
      yield* publish("system-events", "e-2", message)
      const [next] = yield* take(all)
      assert.strictEqual(next.headers["Nats-Msg-Id"], "e-2")
      yield* Effect.repeat(status, { until: ({ fault }) => fault === null })
    }))
})
