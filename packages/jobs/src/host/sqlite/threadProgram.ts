import { existsSync } from "node:fs"

/** Such that nobody else's file beside a bundle has it. */
const name = "durable-effect-sqlite-thread"

/** From source it is TypeScript, as this module is. A module in a CommonJS bundle has no URL. */
const programBeside = (module: string | undefined): URL | undefined => {
  if (module?.startsWith("file:") !== true) return undefined
  const program = new URL(`./${name}${module.endsWith(".ts") ? ".ts" : ".js"}`, module)
  return existsSync(program) ? program : undefined
}

/** The program of a file's thread; undefined when it is not there, as beside a bundle of one file. */
export const threadProgram = (): URL | undefined => programBeside(import.meta.url)
