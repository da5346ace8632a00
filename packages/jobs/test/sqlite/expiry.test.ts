import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { join } from "node:path"
import type { EntryChange } from "../../src/host/HostPort.ts"
import { makeSqliteHost } from "../../src/host/sqlite/sqliteHost.ts"
import { temporaryFolder } from "../support/storages.ts"

const instanceId = "continuous:job:a"
const count = 6000

const row = (key: string, expiresAt: number | null): [string, EntryChange] => [key, { value: "1", expiresAt }]

describe("rows that have expired", () => {
  it.live("are removed some at a time, with others' turns in between", () =>
    Effect.gen(function*() {
      const host = yield* makeSqliteHost({ filename: join(yield* temporaryFolder, "jobs.db") })
      const rows = Array.from({ length: count }, (_, n) => row(`k:${n}`, 1000))
      const kept = [row("k:kept", 1001), row("k:never", null)]
      const commit = { instanceId, record: "{}", alarm: null, events: [] }
      yield* host.commit({ ...commit, expectedVersion: 0, entries: new Map([...rows, ...kept]) })
      const left = Effect.map(host.loadEntries(instanceId, { prefix: "k:", limit: count + 9 }), ({ length }) => length)
      const removal = yield* Effect.forkChild(host.removeExpired(1000), { startImmediately: true })
      yield* host.commit({ ...commit, expectedVersion: 1, entries: new Map() })
      const meanwhile = yield* left
      assert.isAbove(meanwhile, kept.length)
      assert.isBelow(meanwhile, count + kept.length)
      yield* Fiber.join(removal)
      assert.strictEqual(yield* left, kept.length)
    }))
})
