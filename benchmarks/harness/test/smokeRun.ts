import { Schema } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const program = fileURLToPath(new URL("../../bench.ts", import.meta.url))
const execute = promisify(execFile)

/** The command as people run it, but for the build: a test must not write into packages. */
export const bench = (words: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env) =>
  execute(process.execPath, ["--conditions=source", "--disable-warning=ExperimentalWarning", program, ...words], {
    env
  })

/** A smoke run of a suite: what it has written, decoded, and what it prints, for a terminal and as Markdown. */
export const smokeRun = async <R>(
  suite: string,
  file: Schema.Codec<R, string>,
  words: ReadonlyArray<string> = [],
  env?: NodeJS.ProcessEnv
) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-smoke-"))
  try {
    const path = join(folder, "results.json")
    const { stderr, stdout } = await bench([suite, "--smoke", "--source", "--out", path, ...words], env)
    const results = Schema.decodeUnknownSync(file)(await readFile(path, "utf8")) // numbers that are none fail here
    const markdown = (await bench([suite, "--markdown", path], env)).stdout
    return { results, printed: stdout, told: stderr, markdown }
  } finally {
    await rm(folder, { recursive: true })
  }
}
