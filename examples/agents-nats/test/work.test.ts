import { Effect, Exit } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { analysisOf, indexOf, longestOf } from "../src/work/analysis.ts"
import { readDocument } from "../src/work/readDocument.ts"
import { splitDocuments } from "../src/work/splitDocuments.ts"

const folderWith = (files: { readonly [path: string]: string | Uint8Array }) => {
  const root = mkdtempSync(join(tmpdir(), "agents-nats-"))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const read = (root: string, file: string) => Effect.runPromiseExit(readDocument(root, file))

describe("the agents' work", () => {
  it("splits Markdown and TypeScript by package, example and folder, without what is installed or built", async () => {
    const root = folderWith({
      "README.md": "",
      "package.json": "{}",
      "docs/adr/0001.md": "",
      "packages/core/src/index.ts": "",
      "packages/core/dist/index.d.ts": "",
      "packages/core/node_modules/effect/README.md": "",
      "packages/jobs/README.md": "",
      ".git/notes.md": ""
    })
    expect(await splitDocuments(root)).toEqual([
      { part: ".", files: ["README.md"] },
      { part: "docs", files: ["docs/adr/0001.md"] },
      { part: "packages/core", files: ["packages/core/src/index.ts"] },
      { part: "packages/jobs", files: ["packages/jobs/README.md"] }
    ])
  })

  it("reads headings, but not those in code, and exports of what Node can parse", async () => {
    const root = folderWith({
      "a.md": "# One\n\n```sh\n# no heading\n```\n\n## Two\n",
      "a.ts": "export const a: number = 1\nexport interface B {}\nconst c = 2\nexport { c }\n"
    })
    expect(await read(root, "a.md")).toEqual(
      Exit.succeed({ file: "a.md", lines: 7, headings: ["One", "Two"], exports: 0 })
    )
    expect(await read(root, "a.ts")).toEqual(Exit.succeed({ file: "a.ts", lines: 4, headings: [], exports: 2 }))
  })

  it.each([
    ["latin-1.md", Uint8Array.from([0xe9, 0x0a]), /encoded data was not valid/],
    ["broken.ts", "const a: = 1\n", /Unexpected token/],
    ["missing.md", undefined, /ENOENT/]
  ])("says why %s cannot be analysed", async (file, content, reason) => {
    const root = folderWith(content === undefined ? {} : { [file]: content })
    const exit = await read(root, file)
    expect(String(Exit.isFailure(exit) && exit.cause)).toMatch(reason)
  })

  it("writes an index, the largest part first", () => {
    const small = analysisOf("docs", [{ file: "docs/a.md", lines: 3, headings: ["A"], exports: 0 }])
    const large = analysisOf("src", [{ file: "src/a.ts", lines: 40, headings: [], exports: 2 }])
    expect(longestOf([large, small], 3)).toEqual(["docs/a.md"])
    expect(indexOf([small, large], [{ file: "docs/a.md", headings: ["A", "B", "C", "D", "E", "F"] }])).toEqual([
      "part  documents    lines  headings  exports",
      "src           1       40         0        2",
      "docs          1        3         1        0",
      "docs/a.md: A · B · C · D · E and 1 more"
    ])
  })
})
