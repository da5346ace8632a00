import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

const missing =
  "nats-server 2.9 or newer is missing: `apt-get install nats-server` (Debian, Ubuntu), `brew install nats-server` (macOS), or https://nats.io/download."

/** Searched in addition to PATH: where Debian installs it, which is only on root's PATH. */
const furtherFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"]

const isNewEnough = (program: string): boolean => {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" })
  const [, major = "0", minor = "0"] = /v(\d+)\.(\d+)/.exec(stdout ?? "") ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 9)
}

const installed = (): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), ...furtherFolders]
    .map((folder) => join(folder, "nats-server"))
    .find((program) => existsSync(program) && isNewEnough(program))

/** Waits for any other installation in progress, including one of our own. */
const apt = (...words: ReadonlyArray<string>): boolean => {
  const command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120", ...words]
  const [program = "", ...args] = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command]
  const { status } = spawnSync(program, args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: "ignore",
    timeout: 180_000
  })
  return status === 0
}

const install = (): void => {
  if (process.platform !== "linux") return
  const words = ["install", "--no-install-recommends", "nats-server"]
  // Its package lists may be missing or outdated.
  if (!apt(...words) && apt("update")) apt(...words)
}

/** The path of `nats-server`, installed if it is missing and this user may. Throws one line that says what to do. */
export const findNatsServer = (): string => {
  const present = installed()
  if (present !== undefined) return present
  install()
  const found = installed()
  if (found === undefined) throw new Error(missing)
  return found
}
