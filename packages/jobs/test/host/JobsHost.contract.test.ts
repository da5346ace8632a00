import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import type { EntryChange } from "../../src/host/HostPort.ts"
import { type Commit, JobsHost, type StoredAlarm } from "../../src/index.ts"
import { type Storage, storages, temporaryFolder } from "../support/storages.ts"

const commit = (given: Partial<Commit> = {}): Commit => ({
  instanceId: "continuous:job:a",
  expectedVersion: 0,
  record: "{}",
  alarm: null,
  events: [],
  entries: new Map(),
  ...given
})

const row = (value: string) => ({ value, expiresAt: null })

const idsOf = (alarms: ReadonlyArray<StoredAlarm>) => alarms.map(({ instanceId }) => instanceId)

const inThread: Storage = {
  name: "sqlite in a thread",
  open: Effect.map(temporaryFolder, (folder) => JobsHost.sqlite({ filename: join(folder, "jobs.db") }))
}

describe.each([...storages, inThread])("JobsHost on $name", ({ open }) => {
  const opened = Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))

  it.effect("gives back what was committed last, one version higher each time", () =>
    Effect.gen(function*() {
      const host = yield* opened
      assert.isUndefined(yield* host.load("continuous:job:a"))
      yield* host.commit(commit({ record: "1" }))
      yield* host.commit(commit({ record: "2 ☃", expectedVersion: 1 }))
      assert.deepStrictEqual(yield* host.load("continuous:job:a"), { version: 2, record: "2 ☃" })
    }))

  it.effect("refuses a commit on another version, with all that it brings", () =>
    Effect.gen(function*() {
      const host = yield* opened
      yield* host.commit(commit({ record: "1" }))
      for (const expectedVersion of [0, 2]) {
        const stale = commit({
          record: "x",
          expectedVersion,
          alarm: { dueAt: 5, generation: 1 },
          events: ["e"],
          entries: new Map([["k:1", { value: "1", expiresAt: null }]])
        })
        const error = yield* Effect.flip(host.commit(stale))
        assert.deepInclude(error, { _tag: "VersionConflict", expectedVersion, storedVersion: 1 })
      }
      assert.deepStrictEqual(yield* host.load("continuous:job:a"), { version: 1, record: "1" })
      assert.deepStrictEqual(yield* host.earliestAlarms(9), [])
      assert.deepStrictEqual(yield* host.peekOutbox(9), [])
      assert.deepStrictEqual(yield* host.loadEntries("continuous:job:a", { prefix: "k:", limit: 9 }), [])
    }))

  it.effect("keeps rows beside an instance, in the order of their keys as UTF-8, whether there is a record or not", () =>
    Effect.gen(function*() {
      const host = yield* opened
      // As UTF-16, the emoji comes before the half-width letter.
      const keys = ["k:", "k:1", "k:10", "k:2", "k:é", "k:\uFF76", "k:😀"]
      const shuffled = ["k:😀", "k:2", "j:1", "k:", "k:10", "l:1", "k:\uFF76", "k:1", "k:é"]
      yield* host.commit(commit({ record: null, entries: new Map(shuffled.map((key) => [key, row(`"${key}"`)])) }))
      const list = (range: { after?: string; limit: number }) =>
        Effect.map(
          host.loadEntries("continuous:job:a", { prefix: "k:", ...range }),
          (rows) => rows.map(({ key }) => key)
        )
      assert.deepStrictEqual(yield* list({ limit: 99 }), keys)
      assert.deepStrictEqual(yield* list({ limit: 2 }), keys.slice(0, 2))
      assert.deepStrictEqual(yield* list({ limit: 3, after: "k:10" }), keys.slice(3, 6))
      assert.deepStrictEqual(yield* list({ limit: 3, after: "k:11" }), keys.slice(3, 6))
      assert.deepStrictEqual(yield* host.loadEntries("continuous:job:b", { prefix: "k:", limit: 9 }), [])
      yield* host.commit(commit({ entries: new Map([["k:2", row("new")], ["k:1", null], ["k:unknown", null]]) }))
      assert.deepStrictEqual(yield* host.loadEntries("continuous:job:a", { prefix: "k:2", limit: 9 }), [{
        key: "k:2",
        ...row("new")
      }])
      assert.deepStrictEqual(yield* list({ limit: 99 }), keys.filter((key) => key !== "k:1"))
    }))

  it.effect.each([
    "k:1",
    "k:é",
    "k:👍🏿",
    "k:\uD7FF",
    "k:\uFFFF",
    "k:\u{10FFFF}",
    "k:\u{10FFFF}\u{10FFFF}",
    "\u{10FFFF}"
  ])(
    "finds a row by its key and by what its key begins with, whatever that ends in: %s",
    (key) =>
      Effect.gen(function*() {
        const host = yield* opened
        const others = ["k", "k:", "k:0", "k:z", "k:👍", "k:👍🏾", "k:\uE000", "l:"]
        const stored = [...others, key, `${key}\u{10FFFF}`, `${key}x`].map((each) => [each, row(`"${each}"`)] as const)
        yield* host.commit(commit({ entries: new Map(stored) }))
        assert.deepStrictEqual(yield* host.loadEntry("continuous:job:a", key), { key, ...row(`"${key}"`) })
        assert.isUndefined(yield* host.loadEntry("continuous:job:b", key))
        assert.isUndefined(yield* host.loadEntry("continuous:job:a", `${key}?`))
        const rows = yield* host.loadEntries("continuous:job:a", { prefix: key, limit: 99 })
        const beginning = new Set(stored.map(([each]) => each).filter((each) => each.startsWith(key)))
        assert.sameMembers(rows.map((each) => each.key), [...beginning])
      })
  )

  it.effect("finds rows by their keys, those that are there", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const entries = new Map<string, EntryChange>([["k:1", row("1")], ["k:2", { value: "2", expiresAt: 5 }]])
      yield* host.commit(commit({ entries }))
      const found = yield* host.loadEach("continuous:job:a", ["k:2", "k:none", "k:1"])
      assert.sameDeepMembers([...found], [{ key: "k:1", ...row("1") }, { key: "k:2", value: "2", expiresAt: 5 }])
      assert.deepStrictEqual(yield* host.loadEach("continuous:job:b", ["k:1"]), [])
    }))

  it.effect("removes rows that have expired, and no others", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const entries = new Map([["k:1", 1000], ["k:2", 2000], ["k:3", null]].map(([key, expiresAt]) =>
        [String(key), { value: "1", expiresAt: expiresAt === null ? null : Number(expiresAt) }] as const
      ))
      yield* host.commit(commit({ entries }))
      const left = Effect.map(host.loadEntries("continuous:job:a", { prefix: "k:", limit: 9 }), (rows) =>
        rows.map(({ key }) =>
          key
        ))
      yield* host.removeExpired(999)
      assert.deepStrictEqual(yield* left, ["k:1", "k:2", "k:3"])
      yield* host.removeExpired(2000)
      assert.deepStrictEqual(yield* left, ["k:3"])
    }))

  it.effect("a removed instance leaves nothing but its events, and may come again", () =>
    Effect.gen(function*() {
      const host = yield* opened
      yield* host.commit(commit({ alarm: { dueAt: 5, generation: 1 }, events: ["1"] }))
      yield* host.commit(commit({ record: null, expectedVersion: 1, events: ["2"] }))
      assert.isUndefined(yield* host.load("continuous:job:a"))
      assert.deepStrictEqual(yield* host.earliestAlarms(9), [])
      assert.deepStrictEqual((yield* host.peekOutbox(9)).map(({ events }) => events), [["1"], ["2"]])
      yield* host.commit(commit({ record: "again" }))
      assert.deepStrictEqual(yield* host.load("continuous:job:a"), { version: 1, record: "again" })
    }))

  it.effect("lists the alarms that are due first, equal ones as they were set, one an instance", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const set = (instanceId: string, dueAt: number, expectedVersion = 0) =>
        host.commit(commit({ instanceId, expectedVersion, alarm: { dueAt, generation: expectedVersion + 1 } }))
      yield* set("late", 30)
      yield* set("tie 1", 20)
      yield* set("moved", 10)
      yield* set("tie 2", 20)
      yield* set("moved", 40, 1)
      // An alarm that stays as it is keeps its place.
      yield* host.commit(commit({ instanceId: "tie 1", expectedVersion: 1, alarm: { dueAt: 20, generation: 1 } }))
      assert.deepStrictEqual(yield* host.earliestAlarms(3), [
        { instanceId: "tie 1", dueAt: 20, generation: 1 },
        { instanceId: "tie 2", dueAt: 20, generation: 1 },
        { instanceId: "late", dueAt: 30, generation: 1 }
      ])
      assert.deepStrictEqual((yield* host.earliestAlarms(9)).at(-1), { instanceId: "moved", dueAt: 40, generation: 2 })
      const upTo = (at: number, limit = 9) =>
        Effect.map(host.earliestAlarms(limit, at), (alarms) => alarms.map(({ instanceId }) => instanceId))
      assert.deepStrictEqual(yield* upTo(19), ["tie 1"])
      assert.deepStrictEqual(yield* upTo(20), ["tie 1", "tie 2", "late"])
      assert.deepStrictEqual(yield* upTo(20, 2), ["tie 1", "tie 2"])
      assert.deepStrictEqual(yield* upTo(40), ["tie 1", "tie 2", "late", "moved"])
    }))

  it.effect("tells of alarms that are held apart from the others, in due order", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const versions = new Map<string, number>()
      const set = (instanceId: string, alarm: Commit["alarm"]) => {
        const expectedVersion = versions.get(instanceId) ?? 0
        versions.set(instanceId, expectedVersion + 1)
        return host.commit(commit({ instanceId, expectedVersion, alarm }))
      }
      const all = Effect.all([Effect.map(host.earliestAlarms(9), idsOf), Effect.map(host.heldAlarms, idsOf)])
      yield* set("free", { dueAt: 20, generation: 1 })
      yield* set("last", { dueAt: 30, generation: 1, isHeld: true })
      yield* set("tie 1", { dueAt: 10, generation: 1, isHeld: true })
      yield* set("tie 2", { dueAt: 10, generation: 1, isHeld: true })
      yield* set("other", { dueAt: 15, generation: 1, isHeld: false })
      // One that stays as it was keeps its place.
      yield* set("tie 1", { dueAt: 10, generation: 1, isHeld: true })
      assert.deepStrictEqual(yield* all, [["other", "free"], ["tie 1", "tie 2", "last"]])
      assert.deepStrictEqual((yield* host.heldAlarms)[0], { instanceId: "tie 1", dueAt: 10, generation: 1 })
      // Nothing but who sees to it has changed.
      yield* set("tie 1", { dueAt: 10, generation: 1 })
      yield* set("free", { dueAt: 20, generation: 1, isHeld: true })
      assert.deepStrictEqual(yield* all, [["tie 1", "other"], ["tie 2", "free", "last"]])
      yield* set("tie 2", null)
      yield* host.commit(commit({ instanceId: "last", record: null, expectedVersion: 1 }))
      assert.deepStrictEqual(yield* all, [["tie 1", "other"], ["free"]])
    }))

  it.effect("leaves out alarms of instances whose ids begin as told", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const ids = ["task:a:1", "task:b:1", "task:a:2", "task:ab:1", "task:👍🏿:1", "\u{10FFFF}1", "task:b:2"]
      for (const [index, instanceId] of ids.entries()) {
        yield* host.commit(commit({ instanceId, alarm: { dueAt: 10 + index, generation: 7 } }))
      }
      const list = (limit: number, upTo: number | undefined, without: ReadonlyArray<string>) =>
        Effect.map(
          host.earliestAlarms(limit, upTo, without),
          (alarms) => alarms.map(({ instanceId }) => instanceId)
        )
      assert.deepStrictEqual(yield* list(9, undefined, []), ids)
      assert.deepStrictEqual(
        yield* list(9, undefined, ["task:a:"]),
        ids.filter((id) => !id.startsWith("task:a:"))
      )
      assert.deepStrictEqual(yield* list(9, undefined, ["task:👍🏿:", "\u{10FFFF}", "none:"]), [
        "task:a:1",
        "task:b:1",
        "task:a:2",
        "task:ab:1",
        "task:b:2"
      ])
      assert.deepStrictEqual(yield* list(2, undefined, ["task:a:"]), ["task:b:1", "task:ab:1"])
      assert.deepStrictEqual(yield* list(9, 10, ["task:a:"]), ["task:b:1"])
      assert.deepStrictEqual(yield* list(9, 12, ["task:a:"]), ["task:b:1", "task:ab:1"])
      assert.deepStrictEqual(yield* list(9, undefined, ["task:", "\u{10FFFF}"]), [])
      assert.deepStrictEqual(yield* host.earliestAlarms(1, 99, ["task:a:"]), [
        { instanceId: "task:b:1", dueAt: 11, generation: 7 }
      ])
    }))

  it.effect("keeps many alarms in order, however they are set, moved and taken away", () =>
    Effect.gen(function*() {
      const host = yield* opened
      let seed = 1
      const below = (limit: number) => (seed = seed * 48271 % 0x7fffffff) % limit
      /** As the port says it, in the order they were set. */
      let model: ReadonlyArray<StoredAlarm & { readonly isHeld: boolean }> = []
      const versions = new Map<string, number>()
      for (let round = 0; round < 1500; round++) {
        const instanceId = `continuous:job:${below(60)}`
        const expectedVersion = versions.get(instanceId) ?? 0
        const alarm = below(4) === 0 ? null : { dueAt: below(20), generation: below(3), isHeld: below(4) === 0 }
        yield* host.commit(commit({ instanceId, expectedVersion, alarm }))
        versions.set(instanceId, expectedVersion + 1)
        const isSame = model.some((each) =>
          each.instanceId === instanceId && each.dueAt === alarm?.dueAt && each.generation === alarm.generation &&
          each.isHeld === alarm.isHeld
        )
        const others = model.filter((each) => each.instanceId !== instanceId)
        if (!isSame) model = alarm === null ? others : [...others, { instanceId, ...alarm }]
        if (round % 50 > 0) continue
        const inOrder = model.toSorted((a, b) => a.dueAt - b.dueAt)
        const whose = (held: boolean): ReadonlyArray<StoredAlarm> =>
          inOrder.filter(({ isHeld }) => isHeld === held).map(({ isHeld: _isHeld, ...alarm }) => alarm)
        assert.deepStrictEqual(yield* host.heldAlarms, whose(true))
        const sorted = whose(false)
        assert.deepStrictEqual(yield* host.earliestAlarms(99), sorted)
        const due = sorted.filter(({ dueAt }) => dueAt <= 9)
        assert.deepStrictEqual(yield* host.earliestAlarms(99, 9), sorted.slice(0, due.length + 1))
        assert.deepStrictEqual(yield* host.earliestAlarms(7, 9), sorted.slice(0, Math.min(7, due.length + 1)))
      }
    }))

  it.effect("keeps the events of each commit, in the order of commits, until they are acknowledged", () =>
    Effect.gen(function*() {
      const host = yield* opened
      const texts = [`{"text":"line\\nbreak ☃"}`, `{"n":2}`]
      yield* host.commit(commit({ events: texts }))
      yield* host.commit(commit({ instanceId: "none" }))
      yield* host.commit(commit({ instanceId: "b", events: ["3"] }))
      yield* host.commit(commit({ instanceId: "c", events: ["4"] }))
      const rows = yield* host.peekOutbox(9)
      assert.deepStrictEqual(rows.map(({ events }) => events), [texts, ["3"], ["4"]])
      const positions = rows.map(({ position }) => position)
      assert.deepStrictEqual(positions, positions.toSorted((a, b) => a - b))
      assert.deepStrictEqual(yield* host.peekOutbox(2), rows.slice(0, 2))
      assert.deepStrictEqual(yield* host.peekOutbox(1, rows[0]?.position), rows.slice(1, 2))
      assert.deepStrictEqual(yield* host.peekOutbox(9, rows[2]?.position), [])
      yield* host.ackOutbox([rows[0]?.position ?? 0, rows[2]?.position ?? 0, 999])
      assert.deepStrictEqual(yield* host.peekOutbox(9), rows.slice(1, 2))
      yield* host.ackOutbox([rows[1]?.position ?? 0, rows[0]?.position ?? 0])
      assert.deepStrictEqual(yield* host.peekOutbox(9), [])
      yield* host.commit(commit({ instanceId: "d", events: ["5"] }))
      const [fourth] = yield* host.peekOutbox(9)
      assert.isAbove(fourth?.position ?? 0, rows[2]?.position ?? 0)
    }))
})
