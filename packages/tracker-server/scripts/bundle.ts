import { build } from "esbuild"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { noticesOf } from "./notices.ts"

const inPackage = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const commands = { "tracker-server": inPackage("src/main.ts"), tracker: inPackage("src/tracker.ts") }

/** Whoever reads the file meanwhile finds the old one or the new one, and each is whole. */
const replace = async (path: string, contents: Uint8Array | string) => {
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, contents, { mode: 0o755 })
  await rename(unfinished, path)
}

/**
 * Writes the package's commands, with all that they import, into a folder of the package, as few files of JavaScript.
 * Read from some 1,900 modules they start in a second instead of a quarter, and keep 30 MB of source text in memory.
 * What is loaded on demand, such as the script of the API's documents, has files of its own.
 *
 * @param folder next to the manifest, which the commands read
 */
export const bundle = async (folder: string): Promise<void> => {
  const { metafile, outputFiles } = await build({
    entryPoints: commands,
    outdir: folder,
    write: false,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node22.19",
    format: "esm",
    conditions: ["source"],
    external: ["*/internal/httpApiSwagger.js"], // documents in a form that nobody asks for
    // What it has from CommonJS asks for Node's own modules by `require`.
    banner: {
      js: `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url)`
    },
    legalComments: "none",
    metafile: true,
    logLevel: "warning"
  })
  await mkdir(folder, { recursive: true })
  await replace(`${folder}/THIRD-PARTY-NOTICES.txt`, noticesOf(Object.keys(metafile.inputs)))
  // The commands last: they import the others.
  const isCommand = (path: string) => Object.keys(commands).some((name) => path === `${folder}/${name}.js`)
  const inOrder = [...outputFiles].sort((left, right) => Number(isCommand(left.path)) - Number(isCommand(right.path)))
  for (const { contents, path } of inOrder) {
    await mkdir(dirname(path), { recursive: true })
    await replace(path, contents)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const published = inPackage("bin")
  await rm(published, { recursive: true, force: true })
  await bundle(published)
}
