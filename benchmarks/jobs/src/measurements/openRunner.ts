import { Effect } from "effect"
import { contenderOf } from "../contenders/index.ts"
import type { Runner } from "../contenders/Runner.ts"
import type { Surroundings } from "../Job.ts"

/** Opens a contender, which loads its library and no other; closes it with the scope. */
export const openRunner = ({ contender, folder, server, sink }: Surroundings, begun: (index: number) => void) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Runner> => {
      const open = await contenderOf(contender).open()
      return await open({ folder, server: server?.url ?? "", sink, begun })
    }),
    (runner) => Effect.promise(runner.close)
  )
