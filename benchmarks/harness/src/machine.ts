import { Schema } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as Os from "node:os"

/** Where and of what numbers were taken: without it they mean nothing to anybody else. */
export const Machine = Schema.Struct({
  cpu: Schema.String,
  cores: Schema.Int,
  memoryGiB: Schema.Finite,
  system: Schema.String,
  node: Schema.String,
  /** Of the repository, with `+` when files had changed since. */
  commit: Schema.String,
  /** Packages that took part, by name. */
  versions: Schema.Record(Schema.String, Schema.String)
})
export type Machine = typeof Machine.Type

const Manifest = Schema.Struct({ devDependencies: Schema.Record(Schema.String, Schema.String) })

const git = (...words: ReadonlyArray<string>) =>
  execFileSync("git", [...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()

const commit = () => {
  try {
    return git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") && "+")
  } catch {
    return "unknown" // no git, or no repository: an unpacked archive
  }
}

/** Describes this machine. `manifest` is the package.json whose devDependencies are the contenders. */
export const describeMachine = (manifest: URL): Machine => {
  const { devDependencies } = Schema.decodeUnknownSync(Schema.fromJsonString(Manifest))(readFileSync(manifest, "utf8"))
  const others = Object.entries(devDependencies).filter(([, version]) => !version.startsWith("workspace:"))
  const cpus = Os.cpus()
  return {
    cpu: cpus[0]?.model ?? "unknown",
    cores: cpus.length,
    memoryGiB: Math.round(Os.totalmem() / 2 ** 30),
    system: `${Os.type()} ${Os.release()}`,
    node: process.version,
    commit: commit(),
    versions: Object.fromEntries(others)
  }
}

export const machineText = ({ commit, cores, cpu, memoryGiB, node, system }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, commit ${commit}`
