import { performance } from "node:perf_hooks"

export interface Elapsed {
  readonly ms: number
  /** Of this process: user and system, all threads. */
  readonly cpuMicros: number
}

/** Starts to measure; what it answers reads, as often as one likes. */
export const stopwatch = (): () => Elapsed => {
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  return () => {
    const ms = performance.now() - start
    const { system, user } = process.cpuUsage(cpuBefore)
    return { ms, cpuMicros: user + system }
  }
}
