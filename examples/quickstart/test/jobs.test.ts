import { createInMemoryTrackerLayer } from "@durable-effect/core"
import { createJobsRuntime } from "@durable-effect/jobs"
import { Deferred, Effect, Layer } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { registry, startOfAudit } from "../src/jobs.ts"
import { Packages } from "../src/Packages.ts"
import { Reports } from "../src/Reports.ts"
import type { Summary } from "../src/summary.ts"

const workspaceOf = (packages: number) => {
  const root = mkdtempSync(join(tmpdir(), "quickstart-"))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (let index = 1; index <= packages; index++) {
    const name = `p${String(index).padStart(2, "0")}`
    const folder = join(root, "node_modules", ".pnpm", `${name}@1.0.0`, "node_modules", name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", license: "MIT" }))
  }
  writeFileSync(join(root, "pnpm-lock.yaml"), "packages:\n\n  p01@1.0.0:\n    resolution: {}\n")
  return root
}

const started = async () => {
  const { handle, layer: tracker } = await Effect.runPromise(createInMemoryTrackerLayer())
  const said: Array<string> = []
  const succeeded = Deferred.makeUnsafe<void>()
  const summary = Deferred.makeUnsafe<Summary>()
  const reports = Layer.succeed(Reports, {
    say: (line) =>
      Effect.suspend(() => {
        said.push(line)
        return line.includes("succeeded") ? Effect.asVoid(Deferred.succeed(succeeded, undefined)) : Effect.void
      }),
    summary: (found) => Effect.asVoid(Deferred.succeed(summary, found))
  })
  const runtime = createJobsRuntime(registry, { tracker, layer: Layer.merge(Packages.layer, reports) })
  onTestFinished(() => runtime.dispose())
  return {
    runtime,
    said,
    succeeded: () => Effect.runPromise(Deferred.await(succeeded)),
    summary: () => Effect.runPromise(Deferred.await(summary)),
    /** Types of the job's events once nothing of it runs any more. */
    typesOf: async (jobName: string) => {
      await runtime.dispose()
      const events = await Effect.runPromise(handle.getEvents())
      return events.filter((event) => "jobName" in event && event.jobName === jobName).map(({ type }) => type)
    }
  }
}

describe("the quickstart's jobs", () => {
  it("audit every package, ten a run, and end with the summary", async () => {
    const { runtime, summary, typesOf } = await started()
    await runtime.client.continuous("packageAudit").start({ id: "w", input: startOfAudit(workspaceOf(25)) })
    const { byLicence } = await summary()
    expect(byLicence["MIT"]?.packages).toBe(25)
    const types = await typesOf("packageAudit")
    expect(types.filter((type) => type === "execution.succeeded")).toHaveLength(3)
    expect(types.slice(-2)).toEqual(["job.completed", "job.terminated"])
  })

  it("fail twice on purpose and succeed in the third attempt", async () => {
    const { runtime, said, succeeded, typesOf } = await started()
    await runtime.client.continuous("lockfileCheck").start({ id: "w", input: { directory: workspaceOf(2) } })
    await succeeded()
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
