import { Effect } from "effect"
import { profiled } from "../../../harness/src/profile.ts"
import { contenderOf } from "../contenders/index.ts"
import type { JobOf } from "../Job.ts"
import { countStored } from "./countStored.ts"
import { Load } from "./Load.ts"
import { openWriter } from "./openWriter.ts"
import { watchUsage } from "./usage.ts"

/**
 * What is stored in a stretch of time, once all code is warm, and what that takes. All connections are busy before it
 * begins and after it ends.
 */
export const measureIngest = Effect.fnUntraced(function*(job: JobOf<"Ingest">) {
  const { connections, contender, databaseUrl, measuredMs, profilePath, warmUpMs } = job
  const { count } = contenderOf(contender)
  const writer = yield* openWriter(job)
  const before = yield* countStored(databaseUrl, count)
  const load = new Load(writer, connections)
  yield* Effect.promise(() => load.goOn(warmUpMs))
  const numbers = yield* profiled(
    profilePath,
    Effect.promise(async () => {
      const stored = load.stored
      const read = watchUsage(job)
      await load.goOn(measuredMs)
      return read(load.stored - stored)
    })
  )
  const written = yield* Effect.promise(() => load.stop())
  const stored = (yield* countStored(databaseUrl, count)) - before
  if (stored !== written) {
    yield* Effect.die(new Error(`${written} events were acknowledged and ${stored} are stored: void`))
  }
  return { ...numbers, refusedPerEvent: writer.refused() / written }
})
