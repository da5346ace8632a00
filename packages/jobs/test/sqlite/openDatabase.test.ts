import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { openDatabase } from "../../src/host/sqlite/openDatabase.ts"
import { temporaryFolder } from "../support/storages.ts"

describe("openDatabase", () => {
  const pragmas: ReadonlyArray<readonly [pragma: string, value: string | number]> = [
    // 2 is FULL: a commit is synced before it is answered, so a power cut takes back nothing that was.
    ["synchronous", 2],
    ["journal_mode", "wal"],
    ["locking_mode", "exclusive"]
  ]
  it.live.each(pragmas)("opens the file with %s = %s", ([pragma, value]) =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const db = yield* Effect.acquireRelease(Effect.sync(() => openDatabase(filename)), (db) =>
        Effect.sync(() => db.close()))
      assert.deepInclude(db.prepare(`PRAGMA ${pragma}`).get(), { [pragma]: value })
    }))
})
