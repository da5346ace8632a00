import { createJobRegistry, jobsClient } from "@durable-effect/jobs"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { workspace } from "../instances.ts"
import { Packages } from "../Packages.ts"
import { byFrequency } from "../summary.ts"
import { findings } from "./findings.ts"
import { licenceReview } from "./licenceReview.ts"
import { packageAudit } from "./packageAudit.ts"

/** The jobs that an audit consists of. */
const others = createJobRegistry({ findings, licenceReview, packageAudit })

/** Enqueues every package, and says how many packages and which licences there are. Repeated it enqueues what is missing. */
export const begin = (audit: string, directory: string) =>
  Effect.gen(function*() {
    const packages = yield* Packages
    const pool = (yield* jobsClient(others)).workerPool("packageAudit")
    yield* forgetEarlier(audit)
    const paths = yield* packages.list(directory)
    yield* Effect.forEach(
      paths,
      (path) => {
        const itemId = itemIdOf(path)
        return pool.enqueue({ event: { audit, directory, path }, itemId, dedupeKey: `${audit}:${itemId}` })
      },
      { concurrency: 16 }
    )
    return { packages: paths.length, licences: yield* packages.licences(directory, paths) }
  })

/** The path itself, which reads best, unless it is longer than an item's id may be. */
const itemIdOf = (path: string): string =>
  Buffer.byteLength(path) <= 200 ? path : createHash("sha256").update(path).digest("hex")

const deadLetters = Effect.gen(function*() {
  const pool = (yield* jobsClient(others)).workerPool("packageAudit")
  let page = yield* pool.deadLetters({})
  const letters = [...page.items]
  while (page.cursor !== null) {
    page = yield* pool.deadLetters({ cursor: page.cursor })
    letters.push(...page.items)
  }
  return letters
})

/** Discards the dead letters of earlier audits: their packages are audited again. */
const forgetEarlier = (audit: string) =>
  Effect.gen(function*() {
    const pool = (yield* jobsClient(others)).workerPool("packageAudit")
    const earlier = (yield* deadLetters).filter((letter) =>
      letter.undecodable !== undefined || letter.event.audit !== audit
    )
    yield* Effect.forEach(earlier, ({ itemId }) => pool.discardItem({ itemId }))
  })

/** How many packages and licences are not through. Reviews come second: a package that is through has sent to its own. */
export const whatIsOpen = (licences: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const jobs = yield* jobsClient(others)
    const { pending, running } = yield* jobs.workerPool("packageAudit").status()
    const reviews = yield* Effect.forEach(licences, (id) => jobs.task("licenceReview").status({ id }))
    return { packages: pending + running, reviews: reviews.filter(({ status }) => status === "active").length }
  })

/** Closes what is still collecting, and gathers what has come of the audit. */
export const conclude = (audit: string, licences: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const jobs = yield* jobsClient(others)
    yield* jobs.debounce("findings").flush({ id: workspace })
    yield* jobs.workerPool("packageAudit").drain()
    const letters = yield* deadLetters
    const reviews = yield* Effect.forEach(licences, (licence) =>
      Effect.map(jobs.task("licenceReview").getState({ id: licence }), ({ state }) =>
        state?.audit === audit ? [{ licence, totals: state.totals, verdict: state.verdict }] : []))
    return {
      licences: byFrequency(reviews.flat()),
      unreadable: letters.map((letter) => ({
        path: letter.undecodable === undefined ? letter.event.path : letter.itemId,
        reason: letter.error.message
      }))
    }
  })
