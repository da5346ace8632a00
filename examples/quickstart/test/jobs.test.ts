import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { createJobsRuntime } from "@durable-effect/jobs"
import { Effect, Layer, Queue } from "effect"
import { describe, expect, it, onTestFinished } from "vitest"
import { registry } from "../src/jobs/registry.ts"
import { Packages } from "../src/Packages.ts"
import { Reports } from "../src/Reports.ts"
import type { Summary } from "../src/summary.ts"
import { makeWorkspace, manyPackages, pathOf } from "./Workspace.ts"

const started = async () => {
  const { handle, layer: tracker } = await Effect.runPromise(createInMemoryTrackerLayer())
  const said: Array<string> = []
  const lines = await Effect.runPromise(Queue.unbounded<string>())
  const summaries = await Effect.runPromise(Queue.unbounded<Summary>())
  const reports = Layer.succeed(Reports, {
    say: (line) =>
      Effect.suspend(() => {
        said.push(line)
        return Queue.offer(lines, line)
      }),
    summary: (found) => Effect.asVoid(Queue.offer(summaries, found))
  })
  const runtime = createJobsRuntime(registry, { tracker, layer: Layer.merge(Packages.layer, reports) })
  onTestFinished(() => runtime.dispose())
  const events = async () => (await Effect.runPromise(handle.getEvents())).filter((event) => "jobName" in event)
  return {
    runtime,
    said,
    says: (text: string) =>
      Effect.runPromise(Effect.repeat(Queue.take(lines), { until: (line) => line.includes(text) })),
    audit: async (directory: string) => {
      await runtime.client.continuous("auditSummary").start({ id: "workspace", input: { directory, scope: null } })
      return Effect.runPromise(Queue.take(summaries))
    },
    /** Types of the job's events once nothing of it runs any more. */
    typesOf: async (jobName: string) => {
      await runtime.dispose()
      return (await events()).filter((event) => event.jobName === jobName).map(({ type }) => type)
    }
  }
}

const count = (types: ReadonlyArray<string>, type: string) => types.filter((each) => each === type).length

describe("the quickstart's audit", () => {
  it("takes every package once, and adds it up with those of its licence", async () => {
    const { root } = makeWorkspace({ ...manyPackages(25), other: { license: "MPL-2.0" } })
    const { audit, typesOf } = await started()
    const { licences, unreadable } = await audit(root)
    expect(licences.map(({ licence, totals, verdict }) => [licence, totals.packages, totals.files, verdict])).toEqual([
      ["MIT", 25, 50, "keep its notice"],
      ["MPL-2.0", 1, 2, "share changes to it"]
    ])
    expect(unreadable).toEqual([])

    const pool = await typesOf("packageAudit")
    for (const type of ["pool.item.enqueued", "execution.started", "execution.succeeded"]) {
      expect(count(pool, type)).toBe(26)
    }
    expect(pool.slice(-2)).toEqual(["pool.drained", "job.completed"])
    const reviews = await typesOf("licenceReview")
    expect([count(reviews, "job.created"), count(reviews, "task.event.processed")]).toEqual([2, 26])
    expect(reviews.slice(-2)).toEqual(["task.idle", "execution.succeeded"])
    expect((await typesOf("auditSummary")).slice(-2)).toEqual(["job.completed", "job.terminated"])
  })

  it("tells all findings, and those that come together at once", async () => {
    const { root } = makeWorkspace({ good: { license: "MIT" }, bad: {}, worse: { description: "" } })
    const { audit, said, typesOf } = await started()
    await audit(root)
    expect(said.flatMap((line) => line.replace(/^findings: /, "").split("; ")).toSorted()).toEqual([
      "bad@1.0.0 (no licence)",
      "worse@1.0.0 (no licence, no description)"
    ])
    const types = await typesOf("findings")
    expect(types.slice(0, 4)).toEqual(["job.created", "job.started", "debounce.event.added", "alarm.scheduled"])
    expect(count(types, "debounce.event.added")).toBe(2)
    expect(count(types, "debounce.flush.triggered")).toBe(said.length)
    expect(types.at(-1)).toBe("job.completed")
  })

  it("leaves a package that cannot be read to the dead letters, and audits it again the next time", async () => {
    const { install, root } = makeWorkspace({ good: { license: "MIT" }, broken: "{" })
    const { audit, runtime } = await started()
    const first = await audit(root)
    expect(first.licences).toMatchObject([{ licence: "MIT", totals: { packages: 1 } }])
    expect(first.unreadable).toEqual([{ path: pathOf("broken"), reason: expect.stringContaining("JSON") }])
    const [letter] = (await runtime.client.workerPool("packageAudit").deadLetters()).items
    expect(letter).toMatchObject({ itemId: pathOf("broken"), attempts: 3 })

    install("broken", { license: "MIT" })
    const second = await audit(root)
    expect(second.licences).toMatchObject([{ licence: "MIT", totals: { packages: 2 } }])
    expect(second.unreadable).toEqual([])
    expect((await runtime.client.workerPool("packageAudit").status()).deadLetters).toBe(0)
  })
})

describe("the quickstart's check", () => {
  it("fails twice on purpose and succeeds in the third attempt", async () => {
    const { runtime, said, says, typesOf } = await started()
    const { root } = makeWorkspace(manyPackages(2))
    await runtime.client.continuous("lockfileCheck").start({ id: "w", input: { directory: root } })
    await says("succeeded")
    expect(said).toEqual([
      "lockfileCheck: attempt 1 of 3 fails on purpose",
      "lockfileCheck: attempt 2 of 3 fails on purpose",
      "lockfileCheck: attempt 3 of 3 succeeded: 2 packages installed, 1 in the lock file"
    ])
    expect(await typesOf("lockfileCheck")).toEqual([
      "job.created",
      "job.started",
      "execution.started",
      "execution.failed",
      "alarm.scheduled",
      "retry.scheduled",
      "alarm.fired",
      "retry.attempted",
      "execution.started",
      "execution.failed",
      "alarm.scheduled",
      "retry.scheduled",
      "alarm.fired",
      "retry.attempted",
      "execution.started",
      "execution.succeeded",
      "job.completed",
      "job.terminated"
    ])
  })
})
