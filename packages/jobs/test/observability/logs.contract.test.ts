import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, JobsHost } from "../../src/index.ts"
import { counting, failing } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { recordLog } from "../support/recorders.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass } from "../worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }
const instanceId = "continuous:job:a"

describe.each(storages)("log lines on $name", ({ open }) => {
  it.effect("of a handler and of the runtime about it tell whose they are", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      const events = yield* Effect.gen(function*() {
        const registry = createJobRegistry({
          job: counting({
            retry: { maxAttempts: 2, delay: "1 second" },
            execute: (ctx) =>
              Effect.andThen(
                Effect.logInfo("from inside"),
                ctx.attempt === 1 && ctx.runCount === 2 ? Effect.fail(new Error("not now")) : Effect.void
              )
          })
        })
        const runtime = yield* openRuntime(registry, yield* open)
        yield* runtime.client.continuous("job").start({ id, input })
        yield* TestClock.adjust("1 minute")
        yield* TestClock.adjust("1 second")
        return yield* runtime.events
      }).pipe(Effect.annotateLogs({ app: "test" }), Effect.provide(layer))
      const incarnationId = events[0]?.incarnationId
      const of = (runCount: number, attempt: number) => ({
        app: "test",
        instanceId,
        jobName: "job",
        runCount,
        attempt,
        executionId: `${incarnationId}:r${runCount}`
      })
      assert.deepStrictEqual(
        lines.map(({ annotations, message }) => ({ ...annotations, message: message.replace(/[\d.]+ ms/, "x ms") })),
        [
          { ...of(1, 1), message: "from inside" },
          { ...of(1, 1), message: "job ran in x ms" },
          { ...of(2, 1), message: "from inside" },
          { ...of(2, 1), message: "job failed: not now. Next attempt in x ms." },
          { ...of(2, 2), message: "from inside" },
          { ...of(2, 2), message: "job ran in x ms" }
        ]
      )
    }))

  it.effect("of a pool's item, of its dead letter and of the runtime about it tell whose they are", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      const events = yield* Effect.gen(function*() {
        const { events, pool } = yield* openPool(yield* open, {
          execute: () => Effect.andThen(Effect.logInfo("from inside"), Effect.fail(new Error("no"))),
          onDeadLetter: () => Effect.logInfo("dead")
        })
        yield* pool.enqueue({ event: { n: 1 }, itemId: "x" })
        yield* pass("1 second")
        return yield* events
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(lines.map(({ message }) => message), [
        "from inside",
        "Item x failed: no. It is a dead letter.",
        "dead"
      ])
      for (const { annotations } of lines) {
        assert.deepStrictEqual(annotations, {
          instanceId: "workerPool:pool:0",
          jobName: "pool",
          runCount: 1,
          attempt: 1,
          executionId: `${events[0]?.incarnationId}:ix`,
          itemId: "x"
        })
      }
    }))

  it.effect("of an alarm that could not be served tell whose it is, as far as that is known", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      yield* Effect.gen(function*() {
        const host = Context.get(yield* Layer.build(yield* open), JobsHost)
        const away = { is: false }
        const flaky = Layer.succeed(JobsHost, {
          ...host,
          commit: (commit) =>
            Effect.suspend(() =>
              away.is ? Effect.fail(new HostUnavailable({ host: "test", problem: "away" })) : host.commit(commit)
            )
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: failing(1) }), flaky)
        yield* client.continuous("job").start({ id, input })
        away.is = true
        yield* TestClock.adjust("1 second")
        away.is = false
      }).pipe(Effect.provide(layer))
      const line = lines.find(({ message }) => message.includes("could not be served"))
      assert.deepInclude(line?.annotations, { instanceId, jobName: "job", runCount: 1, attempt: 2 })
      assert.match(String(line?.annotations["executionId"]), /:r1$/)
    }))

  it.effect("of an instance that is quarantined tell whose it is", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      yield* Effect.gen(function*() {
        const host = Context.get(yield* Layer.build(yield* open), JobsHost)
        const shared = Layer.succeed(JobsHost, host)
        const first = yield* openRuntime(createJobRegistry({ job: counting() }), shared)
        yield* first.client.continuous("job").start({ id, input })
        yield* first.close
        const stored = yield* host.load(instanceId)
        yield* host.commit({
          instanceId,
          expectedVersion: stored?.version ?? 0,
          record: stored?.record.replace(`"state":{"n":1}`, `"state":{"n":"one"}`) ?? null,
          alarm: { dueAt: 60_000, generation: 9 },
          events: [],
          entries: new Map()
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: counting() }), shared)
        yield* Effect.flip(client.continuous("job").trigger({ id }))
      }).pipe(Effect.provide(layer))
      const line = lines.find(({ message }) => message.includes("is quarantined"))
      const between = { instanceId, jobName: "job", runCount: 1, attempt: 0, executionId: null }
      assert.deepStrictEqual(line?.annotations, between)
    }))
})
