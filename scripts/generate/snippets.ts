import { readFileSync } from "node:fs"

const block = /(<!-- snippet (\S+)#(\S+) -->\n)[\s\S]*?(<!-- \/snippet -->)/g

/** Whether a line is this mark as a comment of TypeScript or of a shell. */
const marks = (line: string, mark: string) => [`// ${mark}`, `# ${mark}`].includes(line.trim())

/** The lines of `file` between the comments `#region name` and `#endregion`, moved to the left margin. */
const region = (file: string, name: string): string => {
  const lines = readFileSync(file, "utf8").split("\n")
  const start = lines.findIndex((line) => marks(line, `#region ${name}`))
  const length = lines.slice(start + 1).findIndex((line) => marks(line, "#endregion"))
  if (start < 0 || length < 0) throw new Error(`${file} has no region "${name}"`)
  const body = lines.slice(start + 1, start + 1 + length)
  const margin = Math.min(...body.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)))
  return body.map((line) => line.slice(margin)).join("\n")
}

/** Fills each `<!-- snippet file#region -->` of a document with that region, so that what it shows is what is tested. */
export const withSnippets = (markdown: string): string =>
  markdown.replaceAll(block, (_, open: string, file: string, name: string, close: string) => {
    const language = file.endsWith(".sh") ? "sh" : "ts"
    return `${open}\n\`\`\`${language}\n${region(file, name)}\n\`\`\`\n\n${close}`
  })
