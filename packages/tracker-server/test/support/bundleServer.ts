import { build } from "esbuild"
import { rename } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** The command line as one file of JavaScript. */
    readonly serverProgram: string
  }
}

const inPackage = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Where the package's manifest and its dependencies are as far away as from `src`. */
const program = inPackage("dist-test/main.js")

/** Another run of the tests may start the program meanwhile: it finds the old file or the new one, and each is whole. */
const bundle = async () => {
  const unfinished = `${program}.${process.pid}`
  await build({
    entryPoints: [inPackage("src/main.ts")],
    outfile: unfinished,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["source"],
    // What it has from CommonJS asks for Node's own modules by `require`.
    banner: {
      js: `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url)`
    },
    logLevel: "warning"
  })
  await rename(unfinished, program)
}

/** Vitest's global set-up: from its 1,900 modules a process takes four times as long to start, and tests start many. */
export default async function setup(project: TestProject) {
  await bundle()
  project.provide("serverProgram", program)
  project.onTestsRerun(bundle)
}
