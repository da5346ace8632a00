import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schedule } from "effect"
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as EmbeddedPostgres from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { type Layout, layoutOf } from "../../src/storage/embedded/layout.ts"
import { dataDirectory, postgresPid } from "../cli/TrackerProcess.ts"

/** A directory that was used and closed once. */
const usedDirectory = Effect.tap(
  dataDirectory,
  (directory) => Effect.scoped(EmbeddedPostgres.open({ directory, role: "command" }))
)

const refusal = (directory: string) =>
  Effect.map(
    Effect.flip(Effect.scoped(EmbeddedPostgres.open({ directory, role: "command" }))),
    ({ detail, reason }) => ({ detail, reason })
  )

interface Kind {
  readonly name: string
  readonly spoil: (layout: Layout) => void
  readonly reason: string
  readonly said: RegExp
}

const asOurs = "Restore it from a backup\\. Give another folder by --data-dir, or move this one away to start empty\\.$"

const kinds: ReadonlyArray<Kind> = [
  {
    name: "a file in PostgreSQL's place",
    spoil: ({ home }) => {
      rmSync(home, { recursive: true })
      writeFileSync(home, "")
    },
    reason: "damaged",
    said: new RegExp(`not as tracker-server leaves it \\(.*PG_VERSION is missing\\)\\. ${asOurs}`)
  },
  {
    name: "a link that leads nowhere",
    spoil: ({ home }) => {
      renameSync(home, `${home}.away`)
      symlinkSync("/nowhere/at/all", home)
    },
    reason: "damaged",
    said: /PG_VERSION is missing/
  },
  {
    name: "no version in its file",
    spoil: ({ data }) => writeFileSync(join(data, "PG_VERSION"), "\n"),
    reason: "damaged",
    said: new RegExp(`PG_VERSION names no version\\)\\. ${asOurs}`)
  },
  {
    name: "another version",
    spoil: ({ data }) => writeFileSync(join(data, "PG_VERSION"), "17\n"),
    reason: "foreign",
    said: /is of PostgreSQL 17, this tracker-server brings 18\. Start the version that made it, dump the database/
  },
  {
    name: "no password",
    spoil: ({ password }) => rmSync(password),
    reason: "damaged",
    said: new RegExp(`password is missing\\)\\. ${asOurs}`)
  },
  {
    name: "an empty password",
    spoil: ({ password }) => writeFileSync(password, ""),
    reason: "damaged",
    said: /password is empty\)/
  },
  {
    name: "a password that cannot be read",
    spoil: ({ password }) => {
      rmSync(password)
      mkdirSync(password)
    },
    reason: "damaged",
    said: new RegExp(`\\(EISDIR: .*\\)\\. ${asOurs}`)
  },
  {
    name: "no control file",
    spoil: ({ data }) => rmSync(join(data, "global", "pg_control")),
    reason: "damaged",
    said: /pg_control|could not find the database system/
  },
  {
    name: "no log of writes",
    spoil: ({ data }) => rmSync(join(data, "pg_wal"), { recursive: true }),
    reason: "damaged",
    said: /required WAL directory "pg_wal" does not exist \(all of it is in .*log\)\. Restore the folder/
  },
  {
    name: "no tables",
    spoil: ({ data }) => rmSync(join(data, "base"), { recursive: true }),
    reason: "damaged",
    said: /does not let tracker-server in \(database "postgres" does not exist\)\. Restore the folder/
  },
  {
    name: "a lock file that says nothing",
    spoil: ({ postmasterPid }) => writeFileSync(postmasterPid, "junk"),
    reason: "damaged",
    said: /bogus data in lock file/
  },
  {
    name: "a full disk",
    // Whatever is written there meets a disk without room.
    spoil: ({ data }) => {
      rmSync(join(data, "postmaster.opts"))
      symlinkSync("/dev/full", join(data, "postmaster.opts"))
    },
    reason: "full",
    said: /^There is no space left on the disk of .*\. Make room and start again, .* Nothing that was stored is lost\.$/
  }
]

/** Names, kinds and contents' sizes of all files but the log, which says what went wrong. */
const inventory = ({ log, root }: Layout) =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).sort().flatMap((name) => {
    const file = join(root, name)
    if (file === log) return []
    const stat = lstatSync(file)
    return [`${name} ${stat.isFile() ? stat.size : "-"}`]
  })

const untilStopped = (directory: string) =>
  Effect.repeat(Effect.sync(() => postgresPid(directory)), {
    until: Option.isNone,
    schedule: Schedule.spaced("20 millis")
  })

describe("a directory that will not do is refused, untouched", () => {
  it.live("whatever is wrong with it", () =>
    Effect.gen(function*() {
      const good = yield* usedDirectory
      for (const { name, reason, said, spoil } of kinds) {
        const directory = yield* dataDirectory
        cpSync(good, directory, { recursive: true })
        const layout = layoutOf(directory)
        // A copy has not got the modes, and PostgreSQL insists.
        chmodSync(layout.data, 0o700)
        spoil(layout)
        const before = inventory(layout)
        const refused = yield* refusal(directory)
        assert.strictEqual(refused.reason, reason, `${name}: ${refused.detail}`)
        assert.match(refused.detail, said, name)
        assert.include(refused.detail, directory, name)
        yield* untilStopped(directory)
        if (reason !== "full" && name !== "no tables") assert.deepStrictEqual(inventory(layout), before, name)
      }
    }), 120_000)

  it.live("one with another password", () =>
    Effect.gen(function*() {
      const directory = yield* usedDirectory
      writeFileSync(layoutOf(directory).password, "another")
      const { detail, reason } = yield* refusal(directory)
      assert.strictEqual(reason, "damaged")
      assert.match(detail, /does not let tracker-server in \(password authentication failed/)
      // The PostgreSQL that was started for the try is stopped again.
      yield* untilStopped(directory)
    }))

  it.live("a file", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      writeFileSync(directory, "")
      const { reason } = yield* refusal(directory)
      assert.strictEqual(reason, "not_writable")
    }))
})
