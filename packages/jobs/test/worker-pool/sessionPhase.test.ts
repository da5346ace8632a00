import { assert, describe, it } from "@effect/vitest"
import type { Alarm, InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import { newPool, type PoolRecord } from "../../src/engine/PoolRecord.ts"
import {
  isEndDue,
  isIdle,
  isStepDue,
  phaseAfter,
  recordAtWork,
  retryDueAt,
  type Situation,
  type Stored
} from "../../src/handlers/worker-pool/sessionPhase.ts"

const now = 1_000

const holding = (pool: Partial<PoolRecord>, alarm: Alarm | null = null): Stored => {
  const record: InstanceRecord = {
    format: 1,
    jobType: "workerPool",
    jobName: "pool",
    id: "0",
    incarnationId: "i1",
    traceId: "t",
    status: "running",
    quarantined: false,
    createdAt: 0,
    sequence: 0,
    lastEventAt: 0,
    alarm,
    generation: 0,
    state: null,
    runCount: 0,
    execution: null,
    pool: { ...newPool, ...pool }
  }
  return { _tag: "Read", record }
}

const retryAt = (at: number) => holding({ retrying: 1 }, { at, kind: "retry" })

const unread: Stored = { _tag: "Unread" }
const terminating = holding({ terminating: {} })
const removed: Stored = { _tag: "Read", record: undefined }

const given = (what: Partial<Situation>): Situation => ({
  phase: "working",
  stored: holding({}),
  running: 0,
  following: 0,
  waiting: 0,
  isTerminationAwaited: false,
  ...what
})

describe("the phase of a pool's session", () => {
  it("pauses after trouble, once, and only while it works", () => {
    assert.strictEqual(phaseAfter("working", "trouble"), "pausing")
    assert.strictEqual(phaseAfter("pausing", "trouble"), "pausing")
    assert.strictEqual(phaseAfter("pausing", "pauseOver"), "working")
    assert.strictEqual(phaseAfter("resting", "trouble"), "resting")
  })

  it("does not go back to work once the runtime shuts down", () => {
    assert.strictEqual(phaseAfter("working", "shutdown"), "resting")
    assert.strictEqual(phaseAfter("pausing", "shutdown"), "resting")
    assert.strictEqual(phaseAfter("resting", "pauseOver"), "resting")
    assert.strictEqual(phaseAfter("closed", "pauseOver"), "closed")
  })

  it("closes when idle, unless it pauses", () => {
    assert.strictEqual(phaseAfter("working", "idle"), "closed")
    assert.strictEqual(phaseAfter("resting", "idle"), "closed")
    assert.strictEqual(phaseAfter("pausing", "idle"), "pausing")
    assert.strictEqual(phaseAfter("closed", "shutdown"), "closed")
  })
})

describe("whether items may begin", () => {
  it.each<[string, Partial<Situation>, boolean]>([
    ["while it works", {}, true],
    ["after trouble", { phase: "pausing" }, false],
    ["at a shutdown", { phase: "resting" }, false],
    ["before the record was read", { stored: unread }, false],
    ["after the incarnation's end", { stored: removed }, false],
    ["while paused", { stored: holding({ paused: true }) }, false],
    ["while drained", { stored: holding({ draining: true }) }, true],
    ["while its rows are removed", { stored: terminating }, false],
    ["while somebody waits to terminate it", { isTerminationAwaited: true }, false]
  ])("%s", (_, situation, expected) => {
    assert.strictEqual(recordAtWork(given(situation)) !== undefined, expected)
  })

  it("is also what a pending retry waits for", () => {
    assert.strictEqual(retryDueAt(given({ stored: retryAt(now) })), now)
    assert.isUndefined(retryDueAt(given({ stored: retryAt(now), phase: "pausing" })))
    assert.isUndefined(retryDueAt(given({})))
  })
})

describe("whether a step is due by itself", () => {
  it.each<[string, Partial<Situation>, boolean]>([
    ["not without a reason", {}, false],
    ["to read what is stored", { stored: unread, running: 1 }, true],
    ["also while something follows a commit", { stored: unread, following: 1 }, true],
    ["not to read it for nobody", { stored: unread }, false],
    ["not to read it after trouble", { stored: unread, running: 1, phase: "pausing" }, false],
    ["not to read it at a shutdown", { stored: unread, running: 1, phase: "resting" }, false],
    ["for a retry that is due", { stored: retryAt(now) }, true],
    ["not for a later retry", { stored: retryAt(now + 1) }, false],
    ["not for a retry at a shutdown", { stored: retryAt(now), phase: "resting" }, false],
    ["for a termination that somebody waits for", { isTerminationAwaited: true, waiting: 1 }, true],
    ["not before the items have ended", { isTerminationAwaited: true, waiting: 1, running: 1 }, false],
    ["for a termination at a shutdown", { isTerminationAwaited: true, waiting: 1, phase: "resting" }, true],
    ["not for one whose step has failed at a shutdown", {
      stored: unread,
      isTerminationAwaited: true,
      waiting: 1,
      phase: "resting"
    }, false],
    ["not for a termination after trouble", { isTerminationAwaited: true, waiting: 1, phase: "pausing" }, false]
  ])("%s", (_, situation, expected) => {
    assert.strictEqual(isStepDue(given(situation), now), expected)
  })
})

describe("whether the incarnation is to be ended", () => {
  it.each<[string, Partial<Situation>, boolean]>([
    ["not without a reason", {}, false],
    ["once its termination is stored", { stored: terminating }, true],
    ["also at a shutdown", { stored: terminating, phase: "resting" }, true],
    ["not when a termination is only waited for", { isTerminationAwaited: true, waiting: 1 }, false],
    ["not when a step has failed since", { stored: unread, waiting: 1 }, false],
    ["when it is drained", { stored: holding({ draining: true }) }, true],
    ["not while there are items to drain", { stored: holding({ draining: true, retrying: 1 }) }, false],
    ["when it is gone and somebody waits for that", { stored: removed, waiting: 1 }, true],
    ["not when it is gone and nobody does", { stored: removed }, false]
  ])("%s", (_, situation, expected) => {
    assert.strictEqual(isEndDue(given(situation)), expected)
  })
})

describe("whether a session is idle", () => {
  it.each<[string, Partial<Situation>, boolean]>([
    ["with nothing in hand", {}, true],
    ["while an item runs", { running: 1 }, false],
    ["while something follows a commit", { following: 1 }, false],
    ["while a call waits for the end", { waiting: 1 }, false],
    ["at a shutdown, whoever waits", { waiting: 1, phase: "resting" }, true],
    ["at a shutdown, while an item runs", { running: 1, phase: "resting" }, false],
    ["after trouble, when its work is only put off", { phase: "pausing" }, false]
  ])("%s", (_, situation, expected) => {
    assert.strictEqual(isIdle(given(situation)), expected)
  })
})
