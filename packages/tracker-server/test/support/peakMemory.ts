import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

/** The most memory that a process has had so far, in MiB; where the system does not keep that, what it has now. */
export const peakMemoryMiB = (pid: number): number => {
  const status = `/proc/${pid}/status`
  const kib = existsSync(status)
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })
  return Number(kib) / 1024
}
