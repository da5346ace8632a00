import { createInMemoryTracker, EventTracker } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, type Schema } from "effect"
import type { InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import { Interrupter } from "../../src/engine/Interrupter.ts"
import { Signals } from "../../src/engine/Signals.ts"
import { StepStore } from "../../src/engine/StepStore.ts"
import { JobMetrics, JobsHost } from "../../src/index.ts"

const recordOf = (state: Schema.Json): InstanceRecord => ({
  format: 1,
  jobType: "continuous",
  jobName: "job",
  id: "a",
  incarnationId: "01936f5e-8c4a-7000-8000-000000000001",
  traceId: "01936f5e8c4a70008000000000000001",
  status: "running",
  quarantined: false,
  createdAt: 0,
  sequence: 0,
  lastEventAt: 0,
  alarm: null,
  generation: 1,
  state,
  runCount: 0,
  execution: null
})

/** Stands for a text that is longer than texts can be. */
const unwritable: Schema.Json = Object.assign(JSON.parse("{}"), {
  toJSON: () => {
    throw new RangeError("Invalid string length")
  }
})

const tracker = Layer.effect(EventTracker, Effect.map(createInMemoryTracker(), ({ tracker }) => tracker))
const layer = StepStore.layer.pipe(
  Layer.provide(Layer.mergeAll(Signals.layer, JobMetrics.layer, tracker)),
  Layer.provideMerge(JobsHost.memory)
)

describe("StepStore", () => {
  it.effect("commits again after a record whose text cannot be made, with the events that were to come with it", () =>
    Effect.gen(function*() {
      const store = yield* StepStore
      const host = yield* JobsHost
      const step = yield* store.open("continuous:job:a", new Interrupter())
      step.pending.push("1")
      step.record = recordOf(unwritable)
      assert.isTrue(Exit.hasDies(yield* Effect.exit(store.commit(step))))
      step.record = recordOf({ n: 1 })
      yield* store.commit(step)
      assert.strictEqual((yield* host.load("continuous:job:a"))?.version, 1)
      assert.deepStrictEqual((yield* host.peekOutbox(9)).map(({ events }) => events), [["1"]])
    }).pipe(Effect.provide(layer)))
})
