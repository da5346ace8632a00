import { join, resolve } from "node:path"

/** The paths within a data directory. */
export interface Layout {
  /** The directory itself, absolute. */
  readonly root: string
  /** Everything that belongs to PostgreSQL. Appears complete or not at all. */
  readonly home: string
  /** PostgreSQL's own data directory. */
  readonly data: string
  /** The superuser's password, mode 600. */
  readonly password: string
  /** PostgreSQL's error output. */
  readonly log: string
  /** Written by PostgreSQL: process id, port and state of the server running on the data. */
  readonly postmasterPid: string
  /** The first API key, mode 600. */
  readonly apiKey: string
}

export const layoutOf = (directory: string): Layout => {
  const root = resolve(directory)
  const home = join(root, "postgres")
  const data = join(home, "data")
  return {
    root,
    home,
    data,
    password: join(home, "password"),
    log: join(home, "log"),
    postmasterPid: join(data, "postmaster.pid"),
    apiKey: join(root, "api-key")
  }
}

/** The superuser, and the database that `initdb` creates for it. */
export const superuser = "tracker"
export const database = "postgres"
