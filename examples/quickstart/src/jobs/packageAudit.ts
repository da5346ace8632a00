import { Backoff, createJobRegistry, jobsClient, WorkerPool } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { workspace } from "../instances.ts"
import { Packages } from "../Packages.ts"
import { findings } from "./findings.ts"
import { licenceReview } from "./licenceReview.ts"

// #region define
/** The jobs that this one calls. */
const others = createJobRegistry({ findings, licenceReview })

/** Audits packages, four at a time. One that cannot be read is tried again, and ends among the dead letters. */
export const packageAudit = WorkerPool.make({
  eventSchema: Schema.Struct({ audit: Schema.String, directory: Schema.String, path: Schema.String }),
  concurrency: 4,
  retry: { maxAttempts: 3, delay: Backoff.exponential({ base: "100 millis", max: "5 seconds" }), jitter: true },
  execute: ({ audit, directory, path }, ctx) =>
    Effect.gen(function*() {
      const packages = yield* Packages
      const jobs = yield* jobsClient(others)
      const { bytes, files, licence, ...found } = yield* packages.audit(directory, path)
      // Should this item run again after a crash, what it has sent before is not counted twice.
      const dedupeKey = ctx.executionId
      yield* jobs.task("licenceReview").send({ id: licence, event: { audit, files, bytes }, dedupeKey })
      if (found.findings.length === 0) return
      yield* jobs.debounce("findings").add({ id: workspace, event: found, dedupeKey })
    })
})
// #endregion
