import { DatabaseSync } from "node:sqlite"
import { steps } from "./schema.ts"

/** This version does not use the file, for a reason other than an SQLite error. */
export class Refused extends Error {}

const prepare = (db: DatabaseSync, filename: string): void => {
  // The lock is SQLite's own, on the file itself, so it ends with the process however that ends.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;")
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0)
  const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"] ?? 0)
  if (version > steps.length) {
    throw new Refused(
      `${filename} was written by a newer version of durable-effect (format ${version}). Upgrade, or choose another filename.`
    )
  }
  if (version === 0 && tables > 0) {
    throw new Refused(`${filename} holds the tables of another program. Choose another filename.`)
  }
  // An up-to-date file is not written to, so that it opens even on a full disk.
  if (version < steps.length) {
    for (const step of steps.slice(version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${steps.length}`)
  }
  db.exec("COMMIT")
}

/** Opens the file as its only writer, with its tables created. Throws SQLite's errors, or Refused. */
export const openDatabase = (filename: string): DatabaseSync => {
  const db = new DatabaseSync(filename, { timeout: 0 })
  try {
    prepare(db, filename)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}
