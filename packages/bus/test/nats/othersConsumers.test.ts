import { natsUrl } from "@durable-effect/test-support/nats"
import { assert, describe, it } from "@effect/vitest"
import { AckPolicy, type ConsumerConfig, jetstreamManager } from "@nats-io/jetstream"
import { connect, nanos } from "@nats-io/transport-node"
import { Context, Effect, Layer, Logger, Redacted, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { EventBus } from "../../src/EventBus.ts"
import { consumerFault, filtersOf } from "../../src/nats/consumerFault.ts"
import * as NatsEventBus from "../../src/nats/NatsEventBus.ts"

const soon = Schedule.spaced("5 millis")

const explicit = { ack_policy: AckPolicy.Explicit }

/** Some consumers that are no good, made for a subject, each with what is said of it. */
const unusable: ReadonlyArray<readonly [(filter_subject: string) => Partial<ConsumerConfig>, RegExp]> = [
  [(filter_subject) => ({ filter_subject, ack_policy: AckPolicy.All }), /its ack_policy is all, not explicit\./],
  [
    (filter_subject) => ({ ...explicit, filter_subject, deliver_subject: "elsewhere" }),
    /its deliver_subject is set, which makes it a push consumer\./
  ],
  [(filter_subject) => ({ ...explicit, filter_subject, max_deliver: 3 }), /its max_deliver is 3, not -1\./],
  [
    (subject) => ({ ...explicit, filter_subject: `${subject}b` }),
    /its messages are of test\S+\.ab, not of test\S+\.a\./
  ],
  [() => explicit, /its messages are of test\S+\.\*, not of test/],
  [(filter_subject) => ({ ...explicit, filter_subject, headers_only: true }), /its headers_only is set\./],
  [
    (filter_subject) => ({ ...explicit, filter_subject, max_batch: 10, max_expires: nanos(500) }),
    /its max_batch is set, and its max_expires is set\./
  ]
]

describe("a consumer that somebody else made", () => {
  it.live("is told about once when it is no good, left as it is, and used when it is mended", () =>
    Effect.gen(function*() {
      const url = yield* natsUrl
      const raw = yield* Effect.acquireRelease(
        Effect.promise(() => connect({ servers: url.replace("nats://", "") })),
        (connection) => Effect.promise(() => connection.close())
      )
      const manager = yield* Effect.promise(() => jetstreamManager(raw))
      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => void logged.push(String(message)))

      const tried = Effect.fnUntraced(
        function*([configFor, fault]: typeof unusable[number]) {
          const prefix = `test-${randomUUID()}`
          const subject = `${prefix}.events.a`
          const stream = `${prefix}-events`
          const durable_name = `${prefix}-readers-a`
          const given = { durable_name, ...configFor(subject) }
          yield* Effect.promise(() => manager.streams.add({ name: stream, subjects: [`${prefix}.events.*`] }))
          const { config: made } = yield* Effect.promise(() => manager.consumers.add(stream, given))
          let looks = 0
          raw.subscribe(`$JS.API.CONSUMER.INFO.${stream}.${durable_name}`, { callback: () => void looks++ })
          yield* Effect.promise(() => raw.flush())
          const bus = Context.get(
            yield* Layer.build(NatsEventBus.layer({ url: Redacted.make(url), prefix })),
            EventBus
          )
          const { status, take } = yield* bus.subscribe("a", "readers")
          const warnings = () => logged.filter((line) => line.includes(durable_name) && /Nothing is taken/.test(line))
          yield* bus.publish("a", "1", { headers: {}, body: new Uint8Array() })
          yield* Effect.repeat(Effect.sync(() => looks), { until: (count) => count > 3, schedule: soon })
          assert.match((yield* status).fault ?? "", fault)
          assert.lengthOf(warnings(), 1)
          assert.match(warnings()[0] ?? "", fault)
          const now = yield* Effect.promise(() => manager.consumers.info(stream, durable_name))
          assert.deepStrictEqual(now.config, made)

          yield* Effect.promise(() => manager.consumers.delete(stream, durable_name))
          const [delivery] = yield* take({ count: 1, bytes: 1 })
          yield* delivery.acknowledge
          yield* Effect.repeat(status, { until: ({ fault }) => fault === null, schedule: soon })
          assert.lengthOf(warnings(), 1)
          yield* Effect.promise(() => manager.streams.delete(stream))
        },
        Effect.scoped,
        Effect.provide(Logger.layer([logger]))
      )

      yield* Effect.forEach(unusable, tried, { concurrency: "unbounded" })
    }))

  it("may differ in all else", () => {
    const config = {
      ack_policy: AckPolicy.Explicit,
      deliver_policy: "new",
      replay_policy: "instant",
      ack_wait: nanos(1000),
      max_ack_pending: 5,
      max_deliver: -1,
      filter_subject: "a"
    } as const
    assert.isUndefined(consumerFault(config, ["a"], "a"))
    const { filter_subject, ...others } = config
    assert.deepStrictEqual(filtersOf(config), [filter_subject])
    assert.deepStrictEqual(filtersOf({ ...others, filter_subjects: ["a", "b"] }), ["a", "b"])
    // It takes what its stream has.
    assert.isUndefined(filtersOf(others))
    assert.match(consumerFault(others, ["a", "b"], "a") ?? "", /of a, b, not of a/)
  })
})
