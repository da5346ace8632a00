import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { decode as decodeEvent } from "../../../src/ingest/decode.ts"
import type { IncomingEvent } from "../../../src/ingest/IncomingEvent.ts"
import { type Batch, KeyEnded } from "../../../src/storage/EventStore.ts"
import { groupCommit, type Written } from "../../../src/storage/postgres/groupCommit.ts"
import { Lines } from "../../../src/storage/postgres/Lines.ts"
import { StoreUnavailable } from "../../../src/storage/StoreUnavailable.ts"

const mebibyte = 1024 * 1024

const ends = {
  written: Exit.succeed(undefined),
  keyEnded: Exit.succeed(new KeyEnded({ keyId: "k" })),
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
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        tenantId: fc.constantFrom("a", "a", "a", "b"),
        mebibytes: fc.constantFrom(0, 0, 0.1, 0.4, 5),
        events: fc.constantFrom(0, 1, 3, 99),
        content: fc.constantFrom(...(["fine", "fine", "fine", "malformed", "defect"] as const))
      })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), nth: fc.nat(60) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        nth: fc.nat(3),
        how: fc.constantFrom(...(["written", "written", "keyEnded", "locked", "away", "wrong"] as const)),
        // With too little, something happens between an end and what follows from it.
        settles: fc.boolean()
      })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(6000) }) }
  ),
  { minLength: 40, maxLength: 120 }
)

type Steps = typeof steps extends fc.Arbitrary<infer A> ? A : never

const event = ((): IncomingEvent => {
  const read = decodeEvent({ eventId: "e", timestamp: "2026-01-11T10:00:00Z", type: "something.else" })
  if (read._tag !== "Event") throw new Error(read.rejected.detail)
  return read.event
})()

/** A batch that knows which request it was. */
interface Numbered extends Batch {
  readonly tenantId: string
  readonly n: number
}

const numbered = (tenantId: string, n: number, events: number): Numbered => ({
  events: Array.from({ length: events }, () => event),
  rejected: [],
  reception: { receivedAt: "2026-01-11T10:00:00.000000Z", requestTraceId: null },
  lost: null,
  keyId: null,
  rereads: [],
  tenantId,
  n
})

const isNumbered = (batch: Batch): batch is Numbered => "n" in batch

interface Transaction {
  readonly tenantId: string
  readonly size: number
  readonly end: Deferred.Deferred<Written | undefined, StoreUnavailable>
}

const makeStore = Effect.fnUntraced(function*(worthSecond: number) {
  const running: Array<Transaction> = []
  const written: Array<Numbered> = []
  const lines = new Lines(worthSecond)
  let mostAtOnce = 0
  const store = yield* groupCommit((tenantId, group) => {
    const transaction = {
      tenantId,
      size: group.length,
      end: Deferred.makeUnsafe<Written | undefined, StoreUnavailable>()
    }
    running.push(transaction)
    mostAtOnce = Math.max(mostAtOnce, running.filter((other) => other.tenantId === tenantId).length)
    written.push(...group.filter(isNumbered))
    return Effect.map(Deferred.await(transaction.end), (one) => group.map(() => one ?? []))
  }, lines)
  const decoded: Array<number> = []
  const send = (n: number, { bytes, content, events, tenantId }: {
    readonly tenantId: string
    readonly bytes: number
    readonly events: number
    readonly content: "fine" | "malformed" | "defect"
  }) => {
    const decode = Effect.suspend(() => {
      decoded.push(n)
      if (content === "defect") return Effect.die(new Error("a defect of the decoder"))
      return content === "malformed" ? Effect.fail("not JSON") : Effect.succeed(numbered(tenantId, n, events))
    })
    return Effect.forkChild(Effect.exit(store.append(tenantId, { bytes, decode })), { startImmediately: true })
  }
  const end = (nth: number, exit: Exit.Exit<Written | undefined, StoreUnavailable>) =>
    Effect.sync(() => {
      const [one] = running.splice(nth % Math.max(running.length, 1), 1)
      if (one !== undefined) Deferred.doneUnsafe(one.end, exit)
    })
  return { send, end, decoded, written, lines, isIdle: () => running.length === 0, mostAtOnce: () => mostAtOnce }
})

const settle = Effect.repeat(Effect.yieldNow, { times: 4 })

const run = Effect.fnUntraced(function*(worthSecond: number, all: Steps) {
  const { decoded, end, isIdle, lines, mostAtOnce, send, written } = yield* makeStore(worthSecond)
  const fibers: Array<Fiber.Fiber<unknown>> = []
  const tenants: Array<string> = []
  for (const step of all) {
    if (step.do === "send") {
      tenants.push(step.tenantId)
      fibers.push(yield* send(fibers.length, { ...step, bytes: step.mebibytes * mebibyte }))
    }
    if (step.do === "leave") {
      const fiber = fibers[step.nth]
      if (fiber !== undefined) yield* Fiber.interrupt(fiber)
    }
    if (step.do === "end") yield* end(step.nth, ends[step.how])
    if (step.do === "wait") yield* TestClock.adjust(step.ms)
    yield* step.do === "end" && !step.settles ? Effect.yieldNow : settle
  }
  for (let settled = false; !settled || !isIdle(); settled = true) {
    yield* end(0, ends.written)
    yield* settle
  }
  assert.deepStrictEqual(fibers.filter((fiber) => fiber.pollUnsafe() === undefined), [], "all are answered")
  assert.strictEqual(decoded.length, new Set(decoded).size, "nothing is decoded twice")
  assert.isAtMost(mostAtOnce(), 2)
  for (const tenant of ["a", "b"]) {
    for (
      const order of [
        decoded.filter((n) => tenants[n] === tenant),
        [...new Set(written.filter(({ tenantId }) => tenantId === tenant).map(({ n }) => n))]
      ]
    ) assert.deepStrictEqual(order, order.toSorted((left, right) => left - right), "in order of arrival")
  }
  assert.strictEqual(lines.size, 0, "nothing is kept of who has gone")
})

describe("a tenant's line", () => {
  it.effect("answers everybody and keeps nothing, whatever comes, goes and fails", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(1, 3, 100),
          steps,
          (worthSecond, all) =>
            Effect.runPromise(Effect.provide(Effect.scoped(run(worthSecond, all)), TestClock.layer()))
        ),
        { numRuns: 300 }
      )
    ), 240_000)
})
