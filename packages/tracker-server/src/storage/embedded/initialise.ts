import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { findBinaries, postgresMajor } from "./binaries.ts"
import { DataDirectoryUnusable, isFull, noSpace, notWritable } from "./DataDirectoryUnusable.ts"
import { isAlive } from "./isAlive.ts"
import { type Layout, superuser } from "./layout.ts"
import { findPlainUser, type PlainUser } from "./plainUser.ts"
import { postgresEnv } from "./postgresEnv.ts"

const unusable = (layout: Layout, reason: DataDirectoryUnusable["reason"], detail: string) =>
  new DataDirectoryUnusable({ directory: layout.root, reason, detail })

/** The line of the error output that names the fault, before the lines about cleaning up. */
const firstFault = (stderr: string) => {
  const lines = stderr.trim().split("\n")
  return lines.find((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1)
}

const elsewhere = "Give another folder by --data-dir, or move this one away to start empty."

const notWhole = (layout: Layout, what: string) =>
  unusable(
    layout,
    "damaged",
    `${layout.home} is there, but not as tracker-server leaves it (${what}). Restore it from a backup. ${elsewhere}`
  )

/** Also true for a dangling symbolic link. */
const isThere = (path: string) => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** One of our files as text; `undefined` if missing. */
const readText = (layout: Layout, file: string) =>
  Effect.try({
    try: () => fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : undefined,
    catch: (cause) => notWhole(layout, cause instanceof Error ? cause.message : String(cause))
  })

/** Rejects a directory that is not ours, or is incomplete, before anything in it is touched. */
const inspect = Effect.fnUntraced(function*(
  layout: Layout
): Effect.fn.Return<"empty" | "initialised", DataDirectoryUnusable> {
  if (fs.existsSync(join(layout.root, "PG_VERSION"))) {
    return yield* unusable(
      layout,
      "foreign",
      `${layout.root} is the data of another PostgreSQL, not of tracker-server. Give another folder by --data-dir.`
    )
  }
  const isNew = yield* Effect.try({ try: () => !isThere(layout.home), catch: notWritable(layout.root) })
  if (isNew) return "empty"
  const versionFile = join(layout.data, "PG_VERSION")
  const version = yield* readText(layout, versionFile)
  if (version === undefined) return yield* notWhole(layout, `${versionFile} is missing`)
  if (!/^\d+$/.test(version)) return yield* notWhole(layout, `${versionFile} names no version`)
  const password = yield* readText(layout, layout.password)
  if (password === undefined) return yield* notWhole(layout, `${layout.password} is missing`)
  if (password === "") return yield* notWhole(layout, `${layout.password} is empty`)
  if (version === postgresMajor) return "initialised"
  return yield* unusable(
    layout,
    "foreign",
    `The data in ${layout.root} is of PostgreSQL ${version}, this tracker-server brings ${postgresMajor}. ` +
      `Start the version that made it, dump the database and restore it. ${elsewhere}`
  )
})

/** Rejects a directory without a database, and creates nothing. */
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

/** Node's recursive `mkdir` never returns below directories that cannot hold any, such as /proc. */
const makeFolder = (folder: string) => {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it in the meantime.
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}

const stagingPrefix = "postgres.new-"

/** Removes what a process killed in mid-`initdb` left behind. */
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
    // Without LANG, initdb would choose SQL_ASCII; C compares by UTF-8 bytes everywhere.
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions"
  ]
  return spawnSync(command, args, { env: postgresEnv(), encoding: "utf8" })
}

/** A rename is durable only once its directory has been synced too. */
const moveForGood = (layout: Layout, staging: string) => {
  fs.renameSync(staging, layout.home)
  const folder = fs.openSync(layout.root, "r")
  fs.fsyncSync(folder)
  fs.closeSync(folder)
}

/** Prepares the directory for PostgreSQL; leaves a prepared one as it is. Two processes may do this at once. */
export const initialise = Effect.fnUntraced(function*(layout: Layout): Effect.fn.Return<void, DataDirectoryUnusable> {
  const attempt = <A>(run: () => A) => Effect.try({ try: run, catch: notWritable(layout.root) })
  yield* attempt(() => makeFolder(layout.root))
  if ((yield* inspect(layout)) === "initialised") return
  const binaries = yield* findBinaries(layout.root)
  const user = yield* findPlainUser(layout)
  const staging = join(layout.root, `${stagingPrefix}${process.pid}`)
  yield* attempt(() => removeLeftovers(layout))
  const result = yield* attempt(() => initdb(binaries.initdb, user, staging))
  const removeStaging = Effect.ignore(attempt(() => fs.rmSync(staging, { recursive: true, force: true })))
  if (result.status !== 0) {
    // Checked before cleanup frees space again.
    const full = isFull(layout.root, result.stderr ?? "")
    yield* removeStaging
    if (full) return yield* noSpace(layout.root)
    return yield* unusable(
      layout,
      "no_postgres",
      `PostgreSQL could not make its files in ${layout.root}: ${
        result.error?.message ?? firstFault(result.stderr)
      }. Give a database by --database-url instead.`
    )
  }
  yield* attempt(() => moveForGood(layout, staging)).pipe(
    Effect.tapError(() => removeStaging),
    // Another process was first: its files are just as good.
    Effect.catchIf(() => fs.existsSync(layout.password), () => Effect.void)
  )
})
