import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
}

const manifestOf = (folder: string): Manifest => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  if (typeof license !== "string") throw new Error(`${name} ${version} names no licence: it must not be bundled.`)
  return { name, version, license }
}

/** The folder of the installed package that a file is from; undefined for our own. */
const packageFolderOf = (file: string): string | undefined =>
  /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(resolve(file))?.[0]

const licenceOf = (folder: string): string => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(\.|$)/i.test(name))
  return file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`
}

/** The names and licences of the packages that these files are from, which whoever passes them on must pass on too. */
export const noticesOf = (files: ReadonlyArray<string>): string => {
  const folders = new Set(files.map(packageFolderOf).filter((folder) => folder !== undefined && existsSync(folder)))
  const notices = [...folders].filter((folder) => folder !== undefined).map((folder) => {
    const { license, name, version } = manifestOf(folder)
    return `${name} ${version}, ${license}\n${licenceOf(folder)}`
  })
  return `The commands contain parts of these packages.\n\n${notices.sort().join(`\n${"-".repeat(80)}\n\n`)}`
}
