import { Context, Effect, Layer } from "effect"
import { HostUnavailable } from "../errors.ts"
import type { JobsHostService } from "./HostPort.ts"
import { makeMemoryHost } from "./memory/memoryHost.ts"
import type { SqliteHostOptions } from "./sqlite/sqliteHost.ts"

// Imported on demand: loading jobs in a Worker must not load Node's own modules.
const loadSqliteHost = Effect.tryPromise({
  try: () => import("./sqlite/sqliteHost.ts"),
  catch: (cause) =>
    new HostUnavailable({
      host: "sqlite",
      problem: "JobsHost.sqlite needs Node 22.19 or later with node:sqlite.",
      cause
    })
})

/** Stores instances, their alarms and their events. */
export class JobsHost extends Context.Service<JobsHost, JobsHostService>()("@durable-effect/jobs/JobsHost") {
  /** In memory. Everything is gone with the runtime. The default. */
  static readonly memory: Layer.Layer<JobsHost> = Layer.effect(JobsHost, makeMemoryHost)

  /**
   * One SQLite file, owned by one process at a time and used in a thread of its own, unless `thread` says otherwise or
   * the thread's program is missing. Requires Node's `node:sqlite`.
   */
  static readonly sqlite = (options: SqliteHostOptions): Layer.Layer<JobsHost, HostUnavailable> =>
    Layer.effect(JobsHost, Effect.flatMap(loadSqliteHost, ({ makeSqliteHost }) => makeSqliteHost(options)))
}
