import { readdirSync, readFileSync } from "node:fs"

/** How Linux counts CPU time for programs to read: hundredths of a second, whatever the kernel's own tick. */
const microsPerTick = 10_000

interface ProcessTimes {
  readonly parent: number
  /** User and system, its own and that of children that have ended. */
  readonly ticks: number
}

/** Of a live process; undefined when it has gone, or on a system without `/proc`. */
const timesOf = (pid: string): ProcessTimes | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // What follows the name, which may hold anything, in parentheses: state, parent … times from the twelfth on.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number)
    const [, parent = 0] = fields
    return { parent, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) }
  } catch {
    return undefined
  }
}

/** CPU time that a server has taken since it started, its child processes included. Undefined where nobody can tell. */
export const serverCpuMicros = (pid: number): number | undefined => {
  const own = timesOf(String(pid))
  if (own === undefined) return undefined
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => timesOf(name) ?? [])
  const children = others.filter(({ parent }) => parent === pid)
  return [own, ...children].reduce((sum, { ticks }) => sum + ticks, 0) * microsPerTick
}
