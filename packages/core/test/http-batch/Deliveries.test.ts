import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Batch, SendResult } from "../../src/http-batch/Batch.ts"
import { DeliverCall } from "../../src/http-batch/DeliverCall.ts"
import { Deliveries } from "../../src/http-batch/Deliveries.ts"
import { EventEncoder } from "../../src/http-batch/EventEncoder.ts"
import { Ledger } from "../../src/http-batch/Ledger.ts"
import { resolveOptions } from "../../src/http-batch/options.ts"
import type { HttpBatchTrackerConfig } from "../../src/index.ts"

const tail = new TextEncoder().encode("}")

/** Deliveries at an instant of the test's own, and what their events are sent as. */
const open = (given: Partial<HttpBatchTrackerConfig> = {}) => {
  const options = Effect.runSync(resolveOptions({
    endpoint: "http://127.0.0.1/v1/events",
    env: "test",
    serviceKey: "core",
    flushInterval: 0,
    retry: { jitter: "none" },
    ...given
  }))
  const ledger = new Ledger()
  const deliveries = new Deliveries(options, "tracker", ledger)
  let ordinal = 0
  const emit = (count: number, text = "") => {
    for (let left = count; left > 0; left--) {
      ledger.emitted += 1
      ledger.held += 1
      ordinal += 1
      deliveries.enqueue({
        eventId: `${ordinal}`,
        json: `{"text":"${text}"}`,
        tail,
        ordinal,
        acceptedAt: 0,
        traceparent: undefined
      })
    }
  }
  /** Sends what may be sent now. */
  const send = (now: number): Batch => {
    const batch = deliveries.next(now)
    assert.isDefined(batch)
    return batch
  }
  return { deliveries, emit, ledger, options, send }
}

const acknowledged: SendResult = { kind: "Acknowledged", duplicates: 0, rejected: new Map() }

/** Everything is taken but for these, which may be taken later. */
const later = (...indexes: ReadonlyArray<number>): SendResult => ({
  kind: "Acknowledged",
  duplicates: 0,
  rejected: new Map(indexes.map((index) => [index, { detail: "busy", retryable: true }]))
})

const idsIn = ({ items }: Batch) => items.map(({ eventId }) => eventId)

describe("an event that the endpoint may take later", () => {
  it("is sent again as patiently as after a failure, and lost after as many attempts", () => {
    const { deliveries, emit, ledger, send } = open()
    emit(1)
    const pauses: Array<number> = []
    let now = 0
    for (let at = 0; at < Infinity; at = deliveries.nextAt(now)) {
      pauses.push(at - now)
      assert.isUndefined(at === 0 ? undefined : deliveries.next(at - 1))
      now = at
      deliveries.settle(send(now), later(0), now, 0.5)
    }
    assert.deepStrictEqual(pauses, [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    assert.deepStrictEqual(ledger.lost, { retriesExhausted: 1 })
  })

  it("pauses a random part of that", () => {
    const { deliveries, emit, send } = open({ retry: {} })
    emit(1)
    deliveries.settle(send(0), later(0), 0, 0.5)
    assert.strictEqual(deliveries.nextAt(0), 125)
  })

  it("holds nobody else up", () => {
    const { deliveries, emit, send } = open({ concurrency: 2, batchSize: 2 })
    emit(2)
    deliveries.settle(send(0), later(1), 0, 0)
    emit(4)
    const [first, second] = [send(0), send(0)]
    assert.deepStrictEqual([idsIn(first), idsIn(second)], [["3", "4"], ["5", "6"]])
    deliveries.settle(first, acknowledged, 10, 0)
    deliveries.settle(second, later(0), 10, 0)
    assert.strictEqual(deliveries.nextAt(10), 250)
    assert.deepStrictEqual(idsIn(send(250)), ["2"])
    assert.deepStrictEqual(idsIn(send(260)), ["5"])
  })

  it("is not waited for when the end is near", () => {
    const { deliveries, emit, send } = open({ retry: { base: "1 hour", max: "1 hour", jitter: "none" } })
    emit(1)
    deliveries.settle(send(0), later(0), 0, 0)
    deliveries.hurry()
    deliveries.settle(send(1), later(0), 1, 0)
    assert.isAtMost(deliveries.nextAt(1), 501)
  })
})

describe("an event that is refused alone and without proof", () => {
  it("shuts the gate: who refuses it may refuse everything", () => {
    const { deliveries, ledger, options, send } = open({ batchSize: 1 })
    const events = ["1", "2", "3"].map((id) => ({ id, type: "task.progress", time: "" }))
    const encoder = new EventEncoder(options.origin, undefined)
    const { bodies } = deliveries
    deliveries.addCall(
      new DeliverCall({
        count: events.length,
        encode: (index) => encoder.encode(events[index]),
        ledger,
        bodies,
        traceparent: undefined,
        done: () => undefined
      })
    )
    deliveries.settle(send(0), { kind: "NotTaken", status: 400, detail: "", isUnderstood: false }, 0, 0)
    assert.isUndefined(deliveries.next(249))
    assert.strictEqual(deliveries.nextAt(0), 250)
    assert.deepStrictEqual([idsIn(send(250)), deliveries.next(250)], [["2"], undefined])
  })
})

const bytesOf = (deliveries: Deliveries, batch: Batch) => deliveries.envelopeOf(batch).bytes + batch.json.length

describe("a body", () => {
  const maxBatchBytes = 1024

  it("is sent in two, with the losses in both, if only these would make it larger than allowed", () => {
    const { deliveries, emit, ledger, send } = open({ maxBatchBytes, batchSize: 10_000, concurrency: 1 })
    emit(200)
    const batch = send(0)
    assert.isAbove(bytesOf(deliveries, batch), maxBatchBytes - 20)
    ledger.held += 1
    deliveries.fates.lose({ eventId: "lost", ordinal: 201 }, "overflow", "")
    deliveries.settle(batch, { kind: "Failed", detail: "", retryAfterMs: undefined }, 0, 0)
    const halves = [60_000, 60_001].map((now) => {
      const half = send(now)
      assert.isAtMost(bytesOf(deliveries, half), maxBatchBytes)
      assert.include(new TextDecoder().decode(deliveries.envelopeOf(half).around(half.json).at(-1)), "overflow")
      deliveries.settle(half, acknowledged, now, 0)
      return half
    })
    assert.deepStrictEqual(halves.flatMap(({ items }) => items), batch.items)
  })

  it("of an event alone leaves the losses to the next one, if only these would make it larger than allowed", () => {
    const { deliveries, emit, ledger, send } = open({ maxBatchBytes, concurrency: 1 })
    emit(1, "x".repeat(maxBatchBytes - 30))
    emit(1)
    const alone = send(0)
    ledger.held += 1
    deliveries.fates.lose({ eventId: "lost", ordinal: 3 }, "overflow", "")
    deliveries.settle(alone, { kind: "Failed", detail: "", retryAfterMs: undefined }, 0, 0)
    const again = send(60_000)
    assert.isAtMost(bytesOf(deliveries, again), maxBatchBytes)
    deliveries.settle(again, acknowledged, 60_000, 0)
    const next = send(60_000)
    assert.include(new TextDecoder().decode(deliveries.envelopeOf(next).around(next.json).at(-1)), "overflow")
  })

  it("is no larger than allowed when one of its own events could not be encoded", () => {
    const { deliveries, ledger, options, send } = open({ maxBatchBytes, batchSize: 10_000 })
    const encoder = new EventEncoder(options.origin, undefined)
    const events = Array.from({ length: 200 }, (_, n) => ({ id: `${n}`, type: "t", time: "", n: n === 1 ? 1n : n }))
    deliveries.addCall(
      new DeliverCall({
        count: events.length,
        encode: (index) => encoder.encode(events[index]),
        ledger,
        bodies: deliveries.bodies,
        traceparent: undefined,
        done: () => undefined
      })
    )
    const batch = send(0)
    assert.strictEqual(ledger.lostBy("unencodable"), 1)
    assert.isAbove(batch.items.length, 5)
    assert.isAtMost(bytesOf(deliveries, batch), maxBatchBytes)
  })
})

describe("a size that was too large", () => {
  const tooLarge: SendResult = { kind: "NotTaken", status: 413, detail: "", isUnderstood: true }

  it("is not that of an event alone", () => {
    const { deliveries, emit, send } = open({ batchSize: 1 })
    const { maxBatchBytes } = deliveries.limits
    emit(1)
    deliveries.settle(send(0), tooLarge, 0, 0)
    assert.isAbove(deliveries.limits.maxBatchBytes, maxBatchBytes - 200) // but for what tells the server of the loss
  })

  it("is the smallest of those that were under way together", () => {
    const { deliveries, emit, send } = open({ concurrency: 2 })
    emit(2, "x".repeat(100))
    const small = send(0)
    emit(8, "x".repeat(100))
    const large = send(0)
    deliveries.settle(small, tooLarge, 0, 0)
    deliveries.settle(large, tooLarge, 0, 0)
    assert.strictEqual(deliveries.limits.maxBatchBytes, Math.floor(small.json.length / 2))
  })

  it("is kept below for ten minutes after it was refused the last time, and then tried again", () => {
    const { deliveries, emit, send } = open({ batchSize: 8, concurrency: 1 })
    const { maxBatchBytes } = deliveries.limits
    const sizeAt = (now: number) => {
      const batch = send(now)
      deliveries.settle(batch, acknowledged, now, 0)
      return batch.items.length
    }
    emit(8, "x".repeat(100))
    deliveries.settle(send(0), tooLarge, 0, 0)
    deliveries.settle(send(1000), tooLarge, 1000, 0)
    assert.deepStrictEqual([sizeAt(1000), sizeAt(1000), sizeAt(1000), sizeAt(1000)], [2, 2, 2, 2])
    assert.isBelow(deliveries.limits.maxBatchBytes, 300)
    emit(16, "x".repeat(100))
    assert.strictEqual(sizeAt(600_999), 2)
    assert.strictEqual(sizeAt(601_000), 8)
    assert.strictEqual(deliveries.limits.maxBatchBytes, maxBatchBytes)
  })
})
