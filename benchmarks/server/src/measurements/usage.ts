import { performance } from "node:perf_hooks"
import { serverCpuMicros } from "../../../harness/src/servers/serverCpuMicros.ts"
import type { Target } from "../Job.ts"

const ownMicros = () => {
  const { system, user } = process.cpuUsage()
  return user + system
}

/** CPU that processes have taken so far, microseconds; undefined where nobody can tell. */
const taken = ({ postgresPid, server }: Target) => {
  const postgres = serverCpuMicros(postgresPid)
  const ours = server === undefined ? 0 : serverCpuMicros(server.pid)
  return postgres === undefined || ours === undefined ? undefined : { postgres, server: ours }
}

/**
 * Starts to measure; what it answers reads what each of `events` has cost since then. What a contender costs is all of the
 * CPU that it takes: that of PostgreSQL's processes, and that of tracker-server, or of this process where the library
 * runs in it. Where tracker-server is measured, this one only makes the load, and is told apart.
 */
export const watchUsage = (target: Target) => {
  const before = taken(target)
  const ownBefore = ownMicros()
  const start = performance.now()
  return (events: number): Readonly<Record<string, number>> => {
    const eventsPerSecond = events / (performance.now() - start) * 1000
    const own = ownMicros() - ownBefore
    const after = taken(target)
    if (before === undefined || after === undefined) return { eventsPerSecond }
    const postgres = after.postgres - before.postgres
    const program = target.server === undefined ? own : after.server - before.server
    return {
      eventsPerSecond,
      microsPerEvent: 1_000_000 / eventsPerSecond,
      cpuMicrosPerEvent: (postgres + program) / events,
      postgresCpuMicrosPerEvent: postgres / events,
      programCpuMicrosPerEvent: program / events,
      ...(target.server === undefined ? {} : { loadCpuMicrosPerEvent: own / events })
    }
  }
}
