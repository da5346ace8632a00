import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import type { Batch } from "../../../src/storage/EventStore.ts"
import { groupCommit } from "../../../src/storage/postgres/groupCommit.ts"
import { StoreUnavailable } from "../../../src/storage/StoreUnavailable.ts"

const mebibyte = 1024 * 1024

const ends = {
  written: Exit.void,
  locked: Exit.fail(new StoreUnavailable({ cause: new Error("a lock was not free in time") })),
  away: Exit.fail(
    new StoreUnavailable({
      cause: new SqlError({ reason: new ConnectionError({ cause: new Error("away"), operation: "query" }) })
    })
  ),
  wrong: Exit.die(new Error("a statement was wrong"))
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        tenantId: fc.constantFrom("a", "b"),
        mebibytes: fc.constantFrom(0, 0.1, 0.4, 1, 5),
        content: fc.constantFrom(
          "fine" as const,
          "fine" as const,
          "fine" as const,
          "malformed" as const,
          "defect" as const
        )
      })
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), nth: fc.nat(20) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        nth: fc.nat(3),
        how: fc.constantFrom(
          "written" as const,
          "written" as const,
          "locked" as const,
          "away" as const,
          "wrong" as const
        )
      })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(6000) }) }
  ),
  { maxLength: 60 }
)

/** A batch that knows which request it was. */
interface Numbered extends Batch {
  readonly tenantId: string
  readonly n: number
}

const numbered = (tenantId: string, n: number): Numbered => ({
  events: [],
  rejected: [],
  reception: { receivedAt: "2026-01-11T10:00:00.000000Z", requestTraceId: null },
  lost: null,
  keyId: null,
  tenantId,
  n
})

const isNumbered = (batch: Batch): batch is Numbered => "n" in batch

const makeStore = Effect.gen(function*() {
  const running: Array<Deferred.Deferred<void, StoreUnavailable>> = []
  const written: Array<Numbered> = []
  const store = yield* groupCommit((_, group) => {
    const end = Deferred.makeUnsafe<void, StoreUnavailable>()
    running.push(end)
    written.push(...group.filter(isNumbered))
    return Effect.as(Deferred.await(end), group.map(() => []))
  })
  const decoded: Array<number> = []
  const send = (tenantId: string, n: number, bytes: number, content: "fine" | "malformed" | "defect") => {
    const decode = Effect.suspend(() => {
      decoded.push(n)
      if (content === "defect") return Effect.die(new Error("a defect of the decoder"))
      return content === "malformed" ? Effect.fail("not JSON") : Effect.succeed(numbered(tenantId, n))
    })
    return Effect.forkChild(Effect.exit(store.append(tenantId, { bytes, decode })), { startImmediately: true })
  }
  const end = (nth: number, exit: Exit.Exit<void, StoreUnavailable>) =>
    Effect.sync(() => {
      const [one] = running.splice(nth % Math.max(running.length, 1), 1)
      if (one !== undefined) Deferred.doneUnsafe(one, exit)
    })
  return { send, end, decoded, written, isIdle: () => running.length === 0 }
})

type Steps = typeof steps extends fc.Arbitrary<infer A> ? A : never

const settle = Effect.repeat(Effect.yieldNow, { times: 4 })

const run = Effect.fnUntraced(function*(all: Steps) {
  const { decoded, end, isIdle, send, written } = yield* makeStore
  const fibers: Array<Fiber.Fiber<unknown>> = []
  for (const step of all) {
    if (step.do === "send") {
      fibers.push(yield* send(step.tenantId, fibers.length, step.mebibytes * mebibyte, step.content))
    }
    if (step.do === "leave") {
      const fiber = fibers[step.nth]
      if (fiber !== undefined) yield* Fiber.interrupt(fiber)
    }
    if (step.do === "end") yield* end(step.nth, ends[step.how])
    if (step.do === "wait") yield* TestClock.adjust(step.ms)
    yield* settle
  }
  while (!isIdle()) {
    yield* end(0, Exit.void)
    yield* settle
  }
  assert.deepStrictEqual(fibers.filter((fiber) => fiber.pollUnsafe() === undefined), [], "all are answered")
  assert.strictEqual(decoded.length, new Set(decoded).size, "nothing is decoded twice")
  for (const tenant of ["a", "b"]) {
    const order = [...new Set(written.filter(({ tenantId }) => tenantId === tenant).map(({ n }) => n))]
    assert.deepStrictEqual(order, order.toSorted((left, right) => left - right), "in order of arrival")
    const first = fibers.length
    for (const n of [0, 1, 2]) fibers.push(yield* send(tenant, first + n, 5 * mebibyte, "fine"))
    yield* settle
    assert.deepStrictEqual(decoded.filter((n) => n >= first), [first, first + 1], "no room is kept by who has gone")
    yield* end(0, Exit.void)
    yield* settle
    yield* end(0, Exit.void)
    yield* settle
    yield* end(0, Exit.void)
    yield* settle
  }
})

describe("a tenant's line", () => {
  it.effect("answers everybody and keeps nothing, whatever comes, goes and fails", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(steps, (all) => Effect.runPromise(Effect.provide(Effect.scoped(run(all)), TestClock.layer()))),
        { numRuns: 300 }
      )
    ), 60_000)
})
