import { startEmbeddedPostgres } from "@durable-effect/test-support/embedded-postgres"
import { Effect } from "effect"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Server } from "./Server.ts"

/** Room for a pool that adds jobs and one that runs them. Everything else is PostgreSQL's default, `fsync` among it. */
const settings = ["-c", "max_connections=300"]

/** PostgreSQL says there who it is while it runs. */
const readPid = (folder: string): number => {
  const [file = ""] = globSync("**/postmaster.pid", { cwd: folder })
  return Number.parseInt(readFileSync(join(folder, file), "utf8"), 10)
}

/** PostgreSQL on a folder until the scope closes. `more` settings are for what is not measured. */
export const startPostgres = (folder: string, more: ReadonlyArray<string> = []) =>
  Effect.map(
    startEmbeddedPostgres(folder, [...settings, ...more]),
    (url): Server => ({ url, pid: readPid(folder) })
  )
