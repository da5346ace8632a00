import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"

/** Where pnpm keeps the packages of a workspace. */
export const storeOf = (directory: string): string => join(directory, "node_modules", ".pnpm")

/**
 * Folders of the installed packages, relative to the store. pnpm keeps each package once, in
 * `<name>@<version>/node_modules/<name>`; what it depends on are links beside it. A package may bring others of its own, in
 * a `node_modules` below it.
 */
export const installed = async (store: string): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(store, folder), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = join(folder, entry.name)
      const content = entry.name.startsWith("@") ? undefined : await readdir(join(store, path))
      if (content === undefined) await look(path)
      if (content?.includes("package.json")) found.push(path)
      if (content?.includes("node_modules")) await look(join(path, "node_modules"))
    }
  }
  for (const entry of await readdir(store, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "node_modules") await look(join(entry.name, "node_modules"))
  }
  return found.toSorted()
}

/** Files and bytes of a package, without what is nested under its own `node_modules`. */
export const measure = async (folder: string): Promise<{ files: number; bytes: number }> => {
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

/** Whether a package brings the text of its licence along. */
export const bringsLicence = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((name) => /^(un)?licen[cs]e|^copying/i.test(name))

/** Entries of the lock file's section `packages`: two spaces, the quoted or plain `name@version`, a colon. */
export const countLocked = (lockfile: string): number => {
  const section = /^packages:\n([\s\S]*?)(?=^\S|(?![\s\S]))/m.exec(lockfile)?.[1] ?? ""
  return section.match(/^ {2}\S.*:$/gm)?.length ?? 0
}
