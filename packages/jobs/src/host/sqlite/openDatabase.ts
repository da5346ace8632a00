import { DatabaseSync } from "node:sqlite"
import { steps } from "./schema.ts"

/** The file is one that this version does not use, for a reason that is no error of SQLite's. */
export class Refused extends Error {}

const prepare = (db: DatabaseSync, filename: string): void => {
  // The lock is SQLite's own on the file itself, so it ends with the process however that ends.
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
  // A file that is up to date is not written to, so that it opens on a full disk as well.
  if (version < steps.length) {
    for (const step of steps.slice(version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${steps.length}`)
  }
  db.exec("COMMIT")
}

/** Opens the file as its only writer, with its tables made. Throws what SQLite throws, or Refused. */
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
