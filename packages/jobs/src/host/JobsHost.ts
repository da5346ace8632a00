import { Context, Layer } from "effect"
import type { HostUnavailable } from "../errors.ts"
import type { JobsHostService } from "./HostPort.ts"
import { makeMemoryHost } from "./memory/memoryHost.ts"
import { makeSqliteHost, type SqliteHostOptions } from "./sqlite/sqliteHost.ts"

/** Where instances, their alarms and their events are stored. */
export class JobsHost extends Context.Service<JobsHost, JobsHostService>()("@durable-effect/jobs/JobsHost") {
  /** Maps. Everything is gone with the runtime. The default. */
  static readonly memory: Layer.Layer<JobsHost> = Layer.effect(JobsHost, makeMemoryHost)

  /** One SQLite file, owned by one process at a time. Needs Node's `node:sqlite`. */
  static readonly sqlite = (options: SqliteHostOptions): Layer.Layer<JobsHost, HostUnavailable> =>
    Layer.effect(JobsHost, makeSqliteHost(options))
}
