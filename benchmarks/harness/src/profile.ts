import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector/promises"
import { dirname } from "node:path"

const stop = async (session: Session, path: string) => {
  const { profile } = await session.post("Profiler.stop")
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(profile))
  session.disconnect()
}

/** Writes a CPU profile of an effect and of nothing before or after it; just runs it when there is no path. */
export const profiled = <A, E, R>(path: string | undefined, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  if (path === undefined) return effect
  return Effect.acquireUseRelease(
    Effect.promise(async () => {
      const session = new Session()
      session.connect()
      await session.post("Profiler.enable")
      await session.post("Profiler.setSamplingInterval", { interval: 200 })
      await session.post("Profiler.start")
      return session
    }),
    () => effect,
    (session) => Effect.promise(() => stop(session, path))
  )
}
