import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { memoryFolder } from "./scripts/memoryFolder.ts"

// Here, since the set-ups of the projects run before the one of all. Whoever has said where such files belong knows why.
const temporary = process.env["TMPDIR"] || memoryFolder()
if (temporary !== undefined) process.env["TMPDIR"] = temporary

/** Where processes that tests start find what earlier ones have compiled. */
const compileCache = fileURLToPath(new URL("node_modules/.cache/node", import.meta.url))

const source = { resolve: { conditions: ["source"] } }

// One project a package. `source` resolves workspace packages to their TypeScript, so tests need no build;
// `__vitest__` is where global set-up runs, which would take a stale build otherwise.
const project = (name: string, dir: string, globalSetup: ReadonlyArray<string> = []) => ({
  ...source,
  ssr: source,
  environments: { __vitest__: source },
  test: {
    name,
    root: dir,
    // A file that imports everything anew takes as long for that as for its tests.
    isolate: false,
    include: ["test/**/*.test.ts"],
    globalSetup: [...globalSetup],
    env: { NODE_COMPILE_CACHE: compileCache },
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("bus", "packages/bus", ["../test-support/src/nats/globalNats.ts"]),
      project("jobs", "packages/jobs"),
      project("tracker-server", "packages/tracker-server", [
        "../test-support/src/globalPostgres.ts",
        "../test-support/src/nats/globalNats.ts",
        "test/support/bundleServer.ts"
      ]),
      project("quickstart", "examples/quickstart"),
      project("agents-nats", "examples/agents-nats", ["../../packages/test-support/src/nats/globalNats.ts"]),
      project("benchmarks-core", "benchmarks/core"),
      project("benchmarks-jobs", "benchmarks/jobs"),
      project("benchmarks-server", "benchmarks/server"),
      project("benchmarks-bus", "benchmarks/bus", ["../../packages/test-support/src/nats/globalNats.ts"])
    ],
    globalSetup: ["scripts/vitestSetup.ts"],
    silent: "passed-only",
    maxWorkers: 2
  }
})
