import { defineConfig } from "vitest/config"

// One project a package. `source` resolves workspace packages to their TypeScript, so tests need no build.
const project = (name: string, dir: string, globalSetup: ReadonlyArray<string> = []) => ({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    name,
    root: dir,
    include: ["test/**/*.test.ts"],
    globalSetup: [...globalSetup],
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("jobs", "packages/jobs"),
      project("tracker-server", "packages/tracker-server", ["../test-support/src/globalPostgres.ts"]),
      project("quickstart", "examples/quickstart")
    ],
    globalSetup: ["scripts/vitestSetup.ts"],
    maxWorkers: 2
  }
})
