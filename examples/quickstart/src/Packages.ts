import { Context, Effect, Layer } from "effect"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Audit, auditManifest, licenceOf } from "./auditManifest.ts"
import { bringsLicence, countLocked, installed, measure, storeOf } from "./installed.ts"
import { PackageUnreadable } from "./PackageUnreadable.ts"

/** The packages that are installed in a workspace: which there are, and what one of them is like. */
export class Packages extends Context.Service<Packages, {
  /** Where each package is below the workspace's store, sorted. */
  readonly list: (directory: string) => Effect.Effect<ReadonlyArray<string>, PackageUnreadable>
  readonly audit: (directory: string, path: string) => Effect.Effect<Audit, PackageUnreadable>
  /** The licences that packages name, each once, sorted. A package that cannot be read names none. */
  readonly licences: (directory: string, paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
  /** How many packages the lock file names, for every platform. */
  readonly locked: (directory: string) => Effect.Effect<number, PackageUnreadable>
}>()("quickstart/Packages") {
  static readonly layer = Layer.succeed(Packages, {
    list: (directory) => reading(directory, () => installed(storeOf(directory))),
    audit: (directory, path) =>
      Effect.gen(function*() {
        const folder = join(storeOf(directory), path)
        const manifest = auditManifest(yield* readManifest(folder))
        const size = yield* reading(folder, () => measure(folder))
        const isComplete = yield* reading(folder, () => bringsLicence(folder))
        return { ...manifest, ...size, findings: [...manifest.findings, ...(isComplete ? [] : ["no licence file"])] }
      }),
    licences: (directory, paths) =>
      Effect.gen(function*() {
        const folders = paths.map((path) => join(storeOf(directory), path))
        const [readable] = yield* Effect.partition(folders, readManifest, { concurrency: 16 })
        return [...new Set(readable.map(licenceOf))].toSorted()
      }),
    locked: (directory) =>
      reading(directory, async () => countLocked(await readFile(join(directory, "pnpm-lock.yaml"), "utf8")))
  })
}

const reading = <A>(path: string, read: () => Promise<A>) =>
  Effect.tryPromise({ try: read, catch: (cause) => new PackageUnreadable({ path, message: String(cause) }) })

const readManifest = (folder: string) =>
  reading(folder, async (): Promise<unknown> => JSON.parse(await readFile(join(folder, "package.json"), "utf8")))
