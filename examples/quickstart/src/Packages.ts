import { Context, Effect, Layer, Schema } from "effect"
import { lstat, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Audit, auditManifest } from "./auditManifest.ts"

export class PackageUnreadable extends Schema.TaggedError<PackageUnreadable>()("PackageUnreadable", {
  path: Schema.String,
  message: Schema.String
}) {}

/** The packages that are installed below a folder: which there are, and what one of them is like. */
export class Packages extends Context.Service<Packages, {
  /** Folders of the installed packages, sorted. */
  readonly list: (directory: string) => Effect.Effect<ReadonlyArray<string>, PackageUnreadable>
  readonly audit: (path: string) => Effect.Effect<Audit, PackageUnreadable>
  /** How many packages the lock file names, for every platform. */
  readonly locked: (directory: string) => Effect.Effect<number, PackageUnreadable>
}>()("quickstart/Packages") {
  static readonly layer = Layer.succeed(Packages, {
    list: (directory) => reading(directory, () => installed(directory)),
    audit: (path) =>
      reading(path, async () => {
        const [manifest, size] = await Promise.all([readFile(join(path, "package.json"), "utf8"), measure(path)])
        return { ...auditManifest(manifest), ...size }
      }),
    locked: (directory) =>
      reading(directory, async () => countLocked(await readFile(join(directory, "pnpm-lock.yaml"), "utf8")))
  })
}

const reading = <A>(path: string, read: () => Promise<A>) =>
  Effect.tryPromise({ try: read, catch: (cause) => new PackageUnreadable({ path, message: String(cause) }) })

/**
 * pnpm keeps each package once, in `.pnpm/<name>@<version>/node_modules/<name>`; what it depends on are links beside it.
 * A package may bring others of its own, in a `node_modules` below it.
 */
const installed = async (directory: string): Promise<ReadonlyArray<string>> => {
  const store = join(directory, "node_modules", ".pnpm")
  const found: Array<string> = []
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = join(folder, entry.name)
      const content = entry.name.startsWith("@") ? undefined : await readdir(path)
      if (content === undefined) await look(path)
      if (content?.includes("package.json")) found.push(path)
      if (content?.includes("node_modules")) await look(join(path, "node_modules"))
    }
  }
  for (const entry of await readdir(store, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "node_modules") await look(join(store, entry.name, "node_modules"))
  }
  return found.toSorted()
}

/** Entries of the lock file's section `packages`: two spaces, the quoted or plain `name@version`, a colon. */
export const countLocked = (lockfile: string): number => {
  const section = /^packages:\n([\s\S]*?)(?=^\S|(?![\s\S]))/m.exec(lockfile)?.[1] ?? ""
  return section.match(/^ {2}\S.*:$/gm)?.length ?? 0
}

/** Files and bytes of a package, without what is nested under its own `node_modules`. */
const measure = async (folder: string): Promise<{ files: number; bytes: number }> => {
  let files = 0
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isFile()) {
      files += 1
      bytes += (await lstat(path)).size
    } else if (entry.isDirectory() && entry.name !== "node_modules") {
      const nested = await measure(path)
      files += nested.files
      bytes += nested.bytes
    }
  }
  return { files, bytes }
}
