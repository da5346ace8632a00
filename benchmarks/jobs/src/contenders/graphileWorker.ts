import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { setTimeout as sleep } from "node:timers/promises"
import { Count } from "./Count.ts"
import { concurrency, type Open } from "./Runner.ts"

const isPayload = (value: unknown): value is { readonly index: number } =>
  typeof value === "object" && value !== null && "index" in value && typeof value.index === "number"

/** It would write a line for each job. */
const logger = new Logger(() => () => undefined)

/** What its documentation measures with: jobs fetched and completed by the batch. */
const batches = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }

/**
 * graphile-worker, a pool of connections that adds jobs and another one that runs them. A schema of its own each time, gone
 * at the end, so that nobody finds or sweeps up the dead rows of an earlier run.
 */
const open = (batching: Partial<typeof batches>): Open => async ({ begun, server }) => {
  const worker = {
    connectionString: server,
    schema: `jobs_${process.pid}`,
    concurrentJobs: concurrency,
    // What its documentation recommends.
    maxPoolSize: concurrency + 2,
    logger,
    ...batching
  }
  const preset = { worker }
  const executed = new Count()
  const runner = await run({
    preset,
    noHandleSignals: true,
    taskList: {
      job: (payload) => {
        if (isPayload(payload)) begun(payload.index)
        executed.add()
      }
    }
  })
  const utils = await makeWorkerUtils({ preset })
  const isEmpty = () =>
    utils.withPgClient(async (client) => {
      const { rows } = await client.query(`SELECT 1 FROM ${worker.schema}._private_jobs LIMIT 1`)
      return rows.length === 0
    })
  return {
    submit: (index) => utils.addJob("job", { index }),
    // A job goes from the table when it is done, and nobody is told when that is stored.
    settled: async (jobs) => {
      await executed.reaches(jobs)
      while (!(await isEmpty())) await sleep(2)
    },
    close: async () => {
      await runner.stop()
      await utils.withPgClient((client) => client.query(`DROP SCHEMA ${worker.schema} CASCADE`))
      await utils.release()
    }
  }
}

/** As its documentation sets it up for many jobs. */
export const graphileBatched = open(batches)

/** Without batches, which make jobs wait for each other. */
export const graphilePlain = open({})
