import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { findBinaries, postgresMajor } from "./binaries.ts"
import { DataDirectoryUnusable, notWritable } from "./DataDirectoryUnusable.ts"
import { isAlive } from "./isAlive.ts"
import { type Layout, superuser } from "./layout.ts"
import { findPlainUser, type PlainUser } from "./plainUser.ts"
import { postgresEnv } from "./postgresEnv.ts"

const unusable = (layout: Layout, reason: DataDirectoryUnusable["reason"], detail: string) =>
  new DataDirectoryUnusable({ directory: layout.root, reason, detail })

const elsewhere = "Give another folder by --data-dir, or move this one away to start empty."

/** Refuses a directory that is not ours, or not whole, before anything in it is touched. */
const inspect = (layout: Layout): Effect.Effect<"empty" | "initialised", DataDirectoryUnusable> =>
  Effect.suspend(() => {
    if (fs.existsSync(join(layout.root, "PG_VERSION"))) {
      return unusable(
        layout,
        "foreign",
        `${layout.root} is the data of another PostgreSQL, not of tracker-server. Give another folder by --data-dir.`
      )
    }
    if (!fs.existsSync(layout.home)) return Effect.succeed("empty" as const)
    const versionFile = join(layout.data, "PG_VERSION")
    if (!fs.existsSync(versionFile) || !fs.existsSync(layout.password)) {
      return unusable(
        layout,
        "damaged",
        `${layout.home} is there, but not as tracker-server leaves it (${
          fs.existsSync(versionFile) ? layout.password : versionFile
        } is missing). Restore it from a backup. ${elsewhere}`
      )
    }
    const version = fs.readFileSync(versionFile, "utf8").trim()
    return version === postgresMajor ? Effect.succeed("initialised" as const) : unusable(
      layout,
      "foreign",
      `The data in ${layout.root} is of PostgreSQL ${version}, this tracker-server brings ${postgresMajor}. ` +
        `Start the version that made it, dump the database and restore it. ${elsewhere}`
    )
  })

/** Refuses a directory that has no database yet, and makes nothing. */
export const requireInitialised = Effect.fnUntraced(function*(
  layout: Layout
): Effect.fn.Return<void, DataDirectoryUnusable> {
  if ((yield* inspect(layout)) === "initialised") return
  return yield* unusable(
    layout,
    "empty",
    `There is no database in ${layout.root}. Give the right folder by --data-dir, or make one there: ` +
      "`tracker-server migrate`."
  )
})

/** Node's own recursive `mkdir` never returns below folders that take none, such as /proc. */
const makeFolder = (folder: string) => {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have made it meanwhile.
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}

const stagingPrefix = "postgres.new-"

/** What a process that was killed in mid-`initdb` left behind. */
const removeLeftovers = (layout: Layout) => {
  for (const name of fs.readdirSync(layout.root)) {
    if (name.startsWith(stagingPrefix) && !isAlive(Number(name.slice(stagingPrefix.length)))) {
      fs.rmSync(join(layout.root, name), { recursive: true, force: true })
    }
  }
}

const initdb = (program: string, user: PlainUser, staging: string) => {
  const data = join(staging, "data")
  const password = join(staging, "password")
  fs.rmSync(staging, { recursive: true, force: true })
  fs.mkdirSync(data, { recursive: true, mode: 0o700 })
  fs.writeFileSync(password, randomBytes(24).toString("base64url"), { mode: 0o600 })
  if (user.owner !== undefined) fs.chownSync(data, user.owner.uid, user.owner.gid)
  const [command, ...args] = [
    ...user.prefix,
    program,
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${password}`,
    "--auth=scram-sha-256",
    // Without LANG, initdb would choose SQL_ASCII; and C compares as UTF-8 bytes everywhere.
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions"
  ]
  return spawnSync(command, args, { env: postgresEnv(), encoding: "utf8" })
}

/** A rename is lasting only when its folder was synced too. */
const moveForGood = (layout: Layout, staging: string) => {
  fs.renameSync(staging, layout.home)
  const folder = fs.openSync(layout.root, "r")
  fs.fsyncSync(folder)
  fs.closeSync(folder)
}

/** Makes the directory ready for PostgreSQL; leaves one that already is as it is. Two processes may do this at once. */
export const initialise = Effect.fnUntraced(function*(layout: Layout): Effect.fn.Return<void, DataDirectoryUnusable> {
  const attempt = <A>(run: () => A) => Effect.try({ try: run, catch: notWritable(layout.root) })
  yield* attempt(() => makeFolder(layout.root))
  if ((yield* inspect(layout)) === "initialised") return
  const binaries = yield* findBinaries(layout.root)
  const user = yield* findPlainUser(layout)
  const staging = join(layout.root, `${stagingPrefix}${process.pid}`)
  yield* attempt(() => removeLeftovers(layout))
  const result = yield* attempt(() => initdb(binaries.initdb, user, staging))
  if (result.status !== 0) yield* attempt(() => fs.rmSync(staging, { recursive: true, force: true }))
  yield* result.status === 0 ? Effect.void : unusable(
    layout,
    "no_postgres",
    `PostgreSQL could not make its files in ${layout.root}: ${
      result.error?.message ?? result.stderr.trim().split("\n").at(-1)
    }. Give a database by --database-url instead.`
  )
  yield* attempt(() => moveForGood(layout, staging)).pipe(
    // Another process was first: its files are as good.
    Effect.catchIf(
      () => fs.existsSync(layout.password),
      () => Effect.sync(() => fs.rmSync(staging, { recursive: true, force: true }))
    )
  )
})
