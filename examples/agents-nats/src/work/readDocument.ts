import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { Unreadable } from "./Unreadable.ts"

/** What is asked of a document. */
export interface Document {
  readonly file: string
  readonly lines: number
  /** Of Markdown. */
  readonly headings: ReadonlyArray<string>
  /** Of TypeScript. */
  readonly exports: number
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const headingsOf = (markdown: string): ReadonlyArray<string> =>
  Array.from(
    markdown.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} +(.+)$/gm),
    ([, heading = ""]) => heading
  )

/** Parses it as Node itself would, and counts in what is left. */
const exportsOf = (source: string): number => stripTypeScriptTypes(source).match(/^export\b/gm)?.length ?? 0

/** Reads one document below `root`. Throws what is wrong with it. */
const read = async (root: string, file: string): Promise<Document> => {
  const text = decoder.decode(await readFile(join(root, file)))
  return {
    file,
    lines: text.split("\n").length - 1,
    headings: file.endsWith(".md") ? headingsOf(text) : [],
    exports: file.endsWith(".ts") ? exportsOf(text) : 0
  }
}

/** A document below `root`; fails where it is not there, not UTF-8, or no TypeScript that Node can run. */
export const readDocument = (root: string, file: string): Effect.Effect<Document, Unreadable> =>
  Effect.tryPromise({
    try: () => read(root, file),
    catch: (error) => new Unreadable({ file, reason: error instanceof Error ? error.message : String(error) })
  })
