import { Effect, type Scope } from "effect"
import { existsSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { HostUnavailable } from "../../errors.ts"
import { codeOf, codes, detailOf } from "./resultCodes.ts"
import { steps } from "./schema.ts"

/** What is wrong with the file, in words that say what to do. */
const problemOf = (filename: string, cause: unknown): string => {
  const code = codeOf(cause)
  const folder = dirname(filename)
  if (code === codes.busy) {
    return `Another process owns the SQLite file ${filename}. Stop it, or give this one a file of its own.`
  }
  if (code === codes.notADatabase) return `${filename} is not a SQLite file. Choose another filename.`
  if (code === codes.readOnly) return `The SQLite file ${filename} cannot be written. Make it and its folder writable.`
  if (code === codes.full) {
    return `The disk of ${filename} is full, so that the file cannot be made or brought up to date. Free some space.`
  }
  if (!existsSync(folder)) return `The folder ${folder} does not exist. Create it, or choose another filename.`
  if (statSync(filename, { throwIfNoEntry: false })?.isDirectory() === true) {
    return `${filename} is a folder. Give the name of a file in it.`
  }
  return `The SQLite file ${filename} cannot be opened for writing (${
    detailOf(cause)
  }). Check the permissions of it and of its folder.`
}

const unavailable = (filename: string) => (cause: unknown) =>
  new HostUnavailable({ host: "sqlite", problem: problemOf(filename, cause), cause })

const prepare = (db: DatabaseSync, filename: string): void => {
  // The lock is SQLite's own on the file itself, so it ends with the process however that ends.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;")
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0)
  const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"] ?? 0)
  if (version > steps.length || (version === 0 && tables > 0)) {
    const problem = version > steps.length
      ? `${filename} was written by a newer version of durable-effect (format ${version}). Upgrade, or choose another filename.`
      : `${filename} holds the tables of another program. Choose another filename.`
    throw new HostUnavailable({ host: "sqlite", problem })
  }
  // A file that is up to date is not written to, so that it opens on a full disk as well.
  if (version < steps.length) {
    for (const step of steps.slice(version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${steps.length}`)
  }
  db.exec("COMMIT")
}

/** Opens the file as its only writer, with its tables made; closes it with the scope. */
export const openDatabase = (name: string): Effect.Effect<DatabaseSync, HostUnavailable, Scope.Scope> => {
  if (name === ":memory:") {
    const problem = "JobsHost.sqlite needs a file: give its name, or use JobsHost.memory to keep nothing."
    return Effect.fail(new HostUnavailable({ host: "sqlite", problem }))
  }
  const filename = resolve(name)
  const open = Effect.try({ try: () => new DatabaseSync(filename, { timeout: 0 }), catch: unavailable(filename) })
  return Effect.tap(
    Effect.acquireRelease(open, (db) => Effect.sync(() => db.close())),
    (db) =>
      Effect.try({
        try: () => prepare(db, filename),
        catch: (cause) => cause instanceof HostUnavailable ? cause : unavailable(filename)(cause)
      })
  )
}
