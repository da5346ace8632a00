import { Logger, makeWorkerUtils } from "graphile-worker"
import { batchesOf } from "./batchesOf.ts"
import { neverRefused, type Open } from "./Writer.ts"

/** `addJobs`, which its documentation measures the adding of jobs with. */
export const graphileWorker: Open = async ({ batch, connections, databaseUrl, tapeFile }) => {
  const logger = new Logger(() => () => undefined)
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, maxPoolSize: connections, logger })
  await utils.migrate()
  const next = batchesOf(tapeFile, batch, (payload) => ({ identifier: "track", payload }))
  return {
    write: async () => {
      const jobs = next()
      await utils.addJobs(jobs)
      return jobs.length
    },
    refused: neverRefused,
    close: async () => {
      await utils.release()
    }
  }
}
