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

const memory: Storage = {
  name: "memory",
  open: Effect.map(Effect.provide(JobsHost, JobsHost.memory), (host) => Layer.succeed(JobsHost, host))
}

const sqlite = (name: string, thread: boolean): Storage => ({
  name,
  open: Effect.map(temporaryFolder, (folder) => JobsHost.sqlite({ filename: join(folder, "jobs.db"), thread }))
})

/**
 * The adapters of the host port: what holds for one has to hold for all. The file is used in the test's own thread, where a
 * test's clock has nothing to wait for.
 */
export const storages: ReadonlyArray<Storage> = [memory, sqlite("sqlite", false)]

/** The same for tests on the live clock: the file is used in a thread of its own, as programs do. */
export const liveStorages: ReadonlyArray<Storage> = [memory, sqlite("sqlite in its thread", true)]
