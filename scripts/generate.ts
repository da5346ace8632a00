/** Writes the files that derive from code; with `--check` it only says which of them are stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { asyncApiJson } from "./generate/asyncApi.ts"
import { eventSchemaJson, eventsMarkdown } from "./generate/events.ts"
import { openApiJson } from "./generate/openApi.ts"
import { withSnippets } from "./generate/snippets.ts"

const read = (path: string) => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const files: ReadonlyArray<readonly [path: string, content: string]> = [
  ["docs/events.md", eventsMarkdown()],
  ["docs/event.schema.json", eventSchemaJson()],
  ["docs/openapi.json", openApiJson()],
  ["docs/asyncapi.json", asyncApiJson()],
  ...[
    "README.md",
    "examples/agents-nats/README.md",
    "packages/bus/README.md",
    "packages/core/README.md",
    "packages/jobs/README.md",
    "packages/tracker-server/README.md"
  ].map((
    path
  ) => [path, withSnippets(read(path))] as const)
]

const stale = files.filter(([path, content]) => read(path) !== content)
if (process.argv.includes("--check")) {
  for (const [path] of stale) console.error(`${path} is stale: run "npm run generate" and commit what it writes.`)
  if (stale.length > 0) process.exit(1)
  console.log(`${files.length} generated files are fresh`)
} else {
  for (const [path, content] of stale) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    console.log(`wrote ${path}`)
  }
}
