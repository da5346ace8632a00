import { Effect, Layer, type Scope } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type HostUnavailable, JobsHost } from "../../src/index.ts"

/** Something that outlives runtimes: each runtime on its layer finds the same instances. */
export interface Storage {
  readonly name: string
  readonly open: Effect.Effect<Layer.Layer<JobsHost, HostUnavailable>, never, Scope.Scope>
}

/** A folder of its own, gone after the test. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "durable-effect-jobs-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

/**
 * The adapters of the host port: what holds for one has to hold for all. The file is used in the test's own thread, where a
 * test's clock has nothing to wait for; `test/sqlite` and `test/crash` use it in one of its own, as programs do.
 */
export const storages: ReadonlyArray<Storage> = [
  {
    name: "memory",
    open: Effect.map(Effect.provide(JobsHost, JobsHost.memory), (host) => Layer.succeed(JobsHost, host))
  },
  {
    name: "sqlite",
    open: Effect.map(temporaryFolder, (folder) => JobsHost.sqlite({ filename: join(folder, "jobs.db"), thread: false }))
  }
]
