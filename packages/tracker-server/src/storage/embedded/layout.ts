import { join, resolve } from "node:path"

/** Where things lie in a data directory. */
export interface Layout {
  /** The directory itself, absolute. */
  readonly root: string
  /** All that belongs to PostgreSQL. Appears complete or not at all. */
  readonly home: string
  /** What PostgreSQL calls its data directory. */
  readonly data: string
  /** The superuser's password, mode 600. */
  readonly password: string
  /** What PostgreSQL writes to its error output. */
  readonly log: string
  /** PostgreSQL's own: process id, port and state of the server that runs on the data. */
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

/** The superuser and the database that `initdb` makes for it. */
export const superuser = "tracker"
export const database = "postgres"
