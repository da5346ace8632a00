import { Effect } from "effect"
import { join } from "node:path"
import { profiled } from "../../../harness/src/profile.ts"
import type { JobOf } from "../Job.ts"
import { openSleepers } from "../sleepers.ts"
import { stopwatch } from "./stopwatch.ts"

/** Opens a file until it is ready and until the first call is answered. */
const open = async (file: string, index: number) => {
  const read = stopwatch()
  const { runtime, status } = openSleepers(file)
  await runtime.ready()
  const ready = read()
  await status(index)
  const answered = read()
  await runtime.dispose()
  return { readyMs: ready.ms, firstAnswerMs: answered.ms, readyCpuMs: ready.cpuMicros / 1000 }
}

/** How long it takes to open a file of sleeping instances, all code loaded. */
export const measureOpen = Effect.fnUntraced(function*({ folder, profilePath, sleepers, sleepersFile }: JobOf<"Open">) {
  yield* Effect.promise(() => open(join(folder, "empty.db"), 0))
  return yield* profiled(profilePath, Effect.promise(() => open(sleepersFile, Math.floor(sleepers / 2))))
})
