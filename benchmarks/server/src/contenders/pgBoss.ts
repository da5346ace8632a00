import { PgBoss } from "pg-boss"
import { batchesOf } from "./batchesOf.ts"
import { neverRefused, type Open } from "./Writer.ts"

const queue = "events"

/** `insert`, its way to store many jobs in one statement, from a process that does nothing else. */
export const pgBoss: Open = async ({ batch, connections, databaseUrl, tapeFile }) => {
  const boss = new PgBoss({ connectionString: databaseUrl, max: connections, supervise: false, schedule: false })
  boss.on("error", (error) => {
    throw error
  })
  await boss.start()
  await boss.createQueue(queue)
  const next = batchesOf(tapeFile, batch, (data) => ({ data }))
  return {
    write: async () => {
      const jobs = next()
      await boss.insert(queue, jobs)
      return jobs.length
    },
    refused: neverRefused,
    close: () => boss.stop({ graceful: false })
  }
}
