import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { makeSqliteHost } from "../../src/host/sqlite/sqliteHost.ts"
import { type Commit, type JobsHostService } from "../../src/index.ts"
import { temporaryFolder } from "../support/storages.ts"

const set = (host: JobsHostService, instanceId: string, alarm: Commit["alarm"]) =>
  host.commit({ instanceId, expectedVersion: 0, record: "{}", alarm, events: [], entries: new Map() })

describe("a file that is opened again", () => {
  it.live("goes on in the order of its alarms", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const alarm = { dueAt: 5, generation: 1 }
      yield* Effect.scoped(Effect.gen(function*() {
        const host = yield* makeSqliteHost({ filename })
        yield* set(host, "c", alarm)
        yield* set(host, "b", alarm)
        yield* set(host, "none", null)
      }))
      const host = yield* makeSqliteHost({ filename })
      yield* set(host, "a", alarm)
      assert.deepStrictEqual((yield* host.earliestAlarms(9)).map(({ instanceId }) => instanceId), ["c", "b", "a"])
    }))

  it.live("goes on in the order of its held alarms", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const alarm = { dueAt: 5, generation: 1, isHeld: true }
      yield* Effect.scoped(Effect.gen(function*() {
        const host = yield* makeSqliteHost({ filename })
        yield* set(host, "c", alarm)
        yield* set(host, "b", alarm)
      }))
      const host = yield* makeSqliteHost({ filename })
      yield* set(host, "a", alarm)
      assert.deepStrictEqual((yield* host.heldAlarms).map(({ instanceId }) => instanceId), ["c", "b", "a"])
      assert.deepStrictEqual(yield* host.earliestAlarms(9), [])
    }))
})
