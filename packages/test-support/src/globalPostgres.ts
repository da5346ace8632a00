import { EmbeddedPostgres, migrate, PgConnection } from "@durable-effect/tracker-server"
import { Effect, Exit, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

/** The migrated database from which each test's own is copied. */
export const templateDatabase = "tracker_template"

declare module "vitest" {
  export interface ProvidedContext {
    /** A superuser's URL of the test run's PostgreSQL. */
    readonly postgresUrl: string
  }
}

const start = (directory: string) =>
  Effect.gen(function*() {
    // A test's database need not survive a machine crash.
    const { url } = yield* EmbeddedPostgres.open({ directory, role: "server", settings: ["-c", "fsync=off"] })
    yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE DATABASE ${sql(templateDatabase)}`
    }).pipe(Effect.provide(PgConnection.layer({ url })))
    const template = new URL(Redacted.value(url))
    template.pathname = `/${templateDatabase}`
    yield* migrate().pipe(Effect.provide(PgConnection.layer({ url: Redacted.make(template.href) })))
    return Redacted.value(url)
  })

/** Vitest global setup: one real PostgreSQL for a project's whole run. */
export default async function setup(project: TestProject) {
  const directory = mkdtempSync(join(tmpdir(), "tracker-postgres-"))
  const scope = Scope.makeUnsafe()
  project.provide("postgresUrl", await Effect.runPromise(Scope.provide(start(directory), scope)))
  return async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    rmSync(directory, { recursive: true, force: true })
  }
}
