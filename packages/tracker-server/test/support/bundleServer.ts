import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import { bundle } from "../../scripts/bundle.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The command line as it is published. */
    readonly serverProgram: string
  }
}

const folder = fileURLToPath(new URL("../../dist-test", import.meta.url))

/** Vitest's global set-up: tests run what people install, and it starts in a quarter of the time. */
export default async function setup(project: TestProject) {
  await bundle(folder)
  project.provide("serverProgram", join(folder, "tracker-server.js"))
  project.onTestsRerun(() => bundle(folder))
}
