import { existsSync } from "node:fs"

/** A name that no unrelated file beside a bundle has. */
const name = "durable-effect-sqlite-thread"

/** When run from source it is TypeScript, like this module. A module in a CommonJS bundle has no URL. */
const programBeside = (module: string | undefined): URL | undefined => {
  if (module?.startsWith("file:") !== true) return undefined
  const program = new URL(`./${name}${module.endsWith(".ts") ? ".ts" : ".js"}`, module)
  return existsSync(program) ? program : undefined
}

/** The thread's program; undefined if it is not there, as beside a single-file bundle. */
export const threadProgram = (): URL | undefined => programBeside(import.meta.url)
