import { Effect } from "effect"
import { contenderOf } from "../contenders/index.ts"
import type { Writer } from "../contenders/Writer.ts"
import type { JobOf } from "../Job.ts"

/** Opens a contender, which loads its library and no other; closes it with the scope. */
export const openWriter = (job: JobOf<"Ingest"> | JobOf<"Memory"> | JobOf<"Queries">) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Writer> => {
      const open = await contenderOf(job.contender).open()
      const { apiKey = "", natsUrl = "", url = "" } = job.server ?? {}
      return await open({ ...job, url, apiKey, natsUrl })
    }),
    (writer) => Effect.promise(writer.close)
  )
