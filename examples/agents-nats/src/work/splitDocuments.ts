import { readdir } from "node:fs/promises"
import { join } from "node:path"
import type { Part } from "../messages.ts"

const isDocument = (name: string) => /\.(md|ts)$/.test(name)
const isSkipped = (name: string) => name.startsWith(".") || /^(node_modules|dist|dist-test)$/.test(name)

/** Paths of all Markdown and TypeScript below a folder, sorted. */
const documentsBelow = async (root: string, folder = ""): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = await Promise.all(entries.map(async (entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return isSkipped(entry.name) ? [] : documentsBelow(root, path)
    return isDocument(entry.name) ? [path] : []
  }))
  return found.flat().sort()
}

/** Each package and each example is a part of its own, and so is every other folder of the root. */
const partOf = (path: string): string => /^(packages|examples)\/[^/]+(?=\/)|^[^/]+(?=\/)/.exec(path)?.[0] ?? "."

/** The documents below a folder, by the part that they belong to. */
export const splitDocuments = async (root: string): Promise<ReadonlyArray<Part>> => {
  const parts = new Map<string, Array<string>>()
  for (const file of await documentsBelow(root)) {
    const files = parts.get(partOf(file))
    if (files === undefined) parts.set(partOf(file), [file])
    else files.push(file)
  }
  return Array.from(parts, ([part, files]) => ({ part, files }))
}
