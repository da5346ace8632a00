// The way in: `npm run demo`, `npm test` and the others start here. Plain JavaScript that Node 20 runs, since it
// installs what is missing and picks the Node that everything else needs.
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pnpm = "pnpm@12.21.0"
const stamp = join(root, "node_modules", ".installed")

/** What each command runs, one after the other; the words after the command go to the last one. */
const commands = {
  demo: [["node", "examples/quickstart/src/demo.ts"]],
  "example:agents": [["node", "examples/agents-nats/src/main.ts"]],
  tracker: [["node", "packages/tracker-server/src/tracker.ts"]],
  "tracker-server": [["node", "packages/tracker-server/src/main.ts"]],
  test: [["bin", "vitest", "run", "--config", "vitest.workspace.ts"]],
  bench: [["node", "benchmarks/bench.ts"]],
  build: [["bin", "tsc", "-b"], ["node", "packages/tracker-server/scripts/bundle.ts"]],
  generate: [["node", "scripts/generate.ts"]],
  check: [
    ["bin", "dprint", "check"],
    ["bin", "oxlint", "--type-aware", "--deny-warnings"],
    ["bin", "tsc", "-b"],
    ["node", "scripts/checkImports.ts"],
    ["node", "scripts/generate.ts", "--check"]
  ]
}

const [command, ...words] = process.argv.slice(2)
if (!(command in commands)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join(" | ")}`)
  process.exit(2)
}

await install()

// The Node that the workspace brings, where the system's is too old for effect 4.
const node = newEnough(process.versions.node) ? process.execPath : join(root, "node_modules", "node", "bin", "node")
const env = {
  ...process.env,
  PATH: `${dirname(node)}:${process.env.PATH}`,
  // What one process has compiled, the next ones need not: they start in two thirds of the time.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(root, "node_modules", ".cache", "node")
}

const steps = commands[command]
for (const [index, [kind, program, ...rest]] of steps.entries()) {
  const args = index === steps.length - 1 ? [...rest, ...words] : rest
  if (steps.length > 1) console.log(`${command}: ${[program, ...args].join(" ")}`)
  const code = kind === "node"
    ? await run(node, ["--conditions=source", "--disable-warning=ExperimentalWarning", program, ...args], env)
    : await run(join(root, "node_modules", ".bin", program), args, env)
  if (code !== 0) process.exit(code)
}

/** Installs dependencies when the lock file is not the one that was installed last; silent and instant otherwise. */
async function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .update(readFileSync(join(root, "pnpm-workspace.yaml")))
    .digest("hex")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  console.log("Installing what is missing (once; about half a minute with a good connection) …")
  const args = ["exec", "--yes", "--", pnpm, "install", "--frozen-lockfile"]
  const npm = process.env.npm_execpath
  const code = npm?.endsWith(".js") ? await run(process.execPath, [npm, ...args]) : await run("npm", args)
  if (code !== 0) {
    console.error(`The installation did not end well (exit code ${code}): see the lines above. Nothing was started.`)
    process.exit(code)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

function newEnough(version) {
  const [major, minor] = version.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/**
 * Runs a program on our terminal and answers its exit code. A signal goes on to it, and it decides when to end. It is
 * also told to end when whoever started us is gone: npm passes a signal to its shell alone.
 */
function run(program, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", env })
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    const forward = (signal) => child.kill(signal === "SIGHUP" ? "SIGTERM" : signal)
    for (const signal of signals) process.on(signal, forward)
    const parent = process.ppid
    const watch = setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500)
    const end = (code) => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, forward)
      resolve(code)
    }
    child.on("error", (error) => {
      console.error(`${program} could not be started: ${error.message}`)
      end(1)
    })
    child.on("exit", (code, signal) => end(code ?? 128 + constants.signals[signal]))
  })
}
