import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import type { Batch, SendResult } from "../../src/http-batch/Batch.ts"
import { DeliverCall } from "../../src/http-batch/DeliverCall.ts"
import { Deliveries } from "../../src/http-batch/Deliveries.ts"
import { EventEncoder } from "../../src/http-batch/EventEncoder.ts"
import { Ledger } from "../../src/http-batch/Ledger.ts"
import { type Options, resolveOptions } from "../../src/http-batch/options.ts"

const results: fc.Arbitrary<SendResult> = fc.oneof(
  fc.record({
    kind: fc.constant("Acknowledged" as const),
    duplicates: fc.integer({ min: -1, max: 20 }),
    rejected: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { maxLength: 3 }).map((entries) =>
      new Map(entries.map(([index, retryable]) => [index, { detail: "", retryable }]))
    )
  }),
  fc.record({
    kind: fc.constant("Failed" as const),
    detail: fc.constant(""),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined })
  }),
  fc.record({
    kind: fc.constant("NotTaken" as const),
    status: fc.constantFrom(400, 413, 422),
    detail: fc.constant(""),
    isUnderstood: fc.boolean()
  }),
  fc.record({ kind: fc.constant("Refused" as const), status: fc.constantFrom(401, 404), detail: fc.constant("") })
)

type Step =
  | { readonly kind: "emit"; readonly bytes: number }
  | { readonly kind: "deliver"; readonly sizes: ReadonlyArray<number> }
  | { readonly kind: "cancel" | "send" | "flush" | "hurry" }
  | { readonly kind: "settle"; readonly result: SendResult; readonly random: number }
  | { readonly kind: "wait"; readonly ms: number }

const bytes = fc.integer({ min: 1, max: 300 })
const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("emit" as const), bytes }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("deliver" as const),
        sizes: fc.array(bytes, { minLength: 1, maxLength: 5 })
      })
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "flush" as const, "hurry" as const) })
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        result: results,
        random: fc.double({ min: 0, max: 0.999, noNaN: true })
      })
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 2000 }) }) }
  ),
  { maxLength: 120, size: "max" }
)

const brace = new TextEncoder().encode("}")
const maxPendingBytes = 1000
const options = Effect.runSync(resolveOptions({
  endpoint: "http://127.0.0.1/v1/events",
  env: "test",
  serviceKey: "core",
  batchSize: 4,
  maxPendingBytes,
  concurrency: 2,
  retry: { attempts: 3 }
}))
// The smaller ones are less than what surrounds the events takes.
const maxBatchBytes = fc.constantFrom(1, 100, 900)

const lostOf = (ledger: Ledger) => Object.values(ledger.lost).reduce((sum, count) => sum + count, 0)

const run = (steps: ReadonlyArray<Step>, given: Pick<Options, "maxBatchBytes" | "overflow">) => {
  const ledger = new Ledger()
  const deliveries = new Deliveries({ ...options, ...given }, "tracker", ledger)
  const encoder = new EventEncoder(options.origin, undefined)
  const callsDone: Array<{ readonly done: number }> = []
  const inFlight: Array<Batch> = []
  const calls: Array<DeliverCall> = []
  let ordinal = 0
  let now = 0
  const deliver = (sizes: ReadonlyArray<number>) => {
    const events = sizes.map((size) => ({ id: "", type: "x".repeat(size), time: "" }))
    const settled = { done: 0 }
    const done = () => {
      settled.done += 1
    }
    const call = new DeliverCall({
      count: events.length,
      encode: (index) => encoder.encode(events[index]),
      ledger,
      bodies: deliveries.bodies,
      traceparent: undefined,
      done
    })
    callsDone.push(settled)
    calls.push(call)
    deliveries.addCall(call)
  }
  const perform = (step: Step) => {
    switch (step.kind) {
      case "emit":
        ledger.emitted += 1
        ledger.held += 1
        deliveries.enqueue({
          eventId: "",
          json: "x".repeat(step.bytes),
          tail: brace,
          ordinal: ++ordinal,
          acceptedAt: now,
          traceparent: undefined
        })
        return
      case "deliver":
        return deliver(step.sizes)
      case "cancel":
        return calls.splice(0, 1).forEach((call) => deliveries.cancelCall(call))
      case "flush":
        return deliveries.flush(ordinal)
      case "hurry":
        return deliveries.hurry()
      case "send": {
        const batch = deliveries.next(now)
        if (batch !== undefined) inFlight.push(batch)
        return
      }
      case "settle": {
        const batch = inFlight.shift()
        if (batch !== undefined) deliveries.settle(batch, step.result, now, step.random)
        return
      }
      case "wait":
        now += step.ms
    }
  }
  for (const step of steps) {
    perform(step)
    assert.strictEqual(ledger.emitted, ledger.delivered + ledger.pending + lostOf(ledger))
    assert.isAtLeast(ledger.pending, 0)
    assert.isAtMost(inFlight.length, options.concurrency)
    assert.isAtMost(ledger.duplicates, ledger.delivered)
    for (const batch of inFlight) {
      assert.isAtLeast(batch.items.length, 1)
      assert.isAtMost(batch.attempts, options.retry.attempts)
      const separators = batch.items.length - 1
      assert.strictEqual(batch.json.length, batch.items.reduce((sum, { bytes }) => sum + bytes, separators))
      if (batch.call === undefined) assert.isAtMost(batch.json.length - separators, maxPendingBytes)
    }
  }
  return { deliveries, ledger, callsDone }
}

describe("Deliveries", () => {
  it.each(["dropNewest", "dropOldest"] as const)(
    "gives every event exactly one fate, whatever happens: %s",
    (overflow) => {
      fc.assert(
        fc.property(steps, maxBatchBytes, (steps, maxBatchBytes) => {
          const { deliveries, callsDone, ledger } = run(steps, { maxBatchBytes, overflow })
          deliveries.abandon("the end")
          assert.strictEqual(ledger.pending, 0)
          assert.strictEqual(ledger.emitted, ledger.delivered + lostOf(ledger))
          callsDone.forEach(({ done }) => assert.strictEqual(done, 1))
        }),
        { numRuns: 500 }
      )
    }
  )

  it("comes to rest at an endpoint that takes everything, with nothing lost that was not lost before", () => {
    fc.assert(fc.property(steps, maxBatchBytes, (steps, maxBatchBytes) => {
      const before = steps.filter(({ kind }) => kind !== "settle" && kind !== "send")
      const { deliveries, ledger } = run(before, { maxBatchBytes, overflow: "dropNewest" })
      const lost = lostOf(ledger)
      deliveries.flush(Number.POSITIVE_INFINITY)
      for (let batch = deliveries.next(0); batch !== undefined; batch = deliveries.next(0)) {
        deliveries.settle(batch, { kind: "Acknowledged", duplicates: 0, rejected: new Map() }, 0, 0)
      }
      assert.strictEqual(ledger.pending, 0)
      assert.strictEqual(lostOf(ledger), lost)
      assert.strictEqual(deliveries.nextAt(0), Infinity)
    }))
  })
})
