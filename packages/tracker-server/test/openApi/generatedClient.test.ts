import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import openapiTS, { astToString } from "openapi-typescript"

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const tsc = pathOf("../../../../node_modules/typescript/bin/tsc")

/** What somebody writes who has nothing of us but the document. */
const program = `
import createClient from "openapi-fetch"
import type { components, paths } from "./tracker.ts"

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8084", headers: { Authorization: "Bearer dek_" } })

export const report = async (plan_id: string): Promise<string> => {
  const { data: plan, error } = await client.GET("/v1/tracker/plans/{plan_id}", { params: { path: { plan_id } } })
  if (plan === undefined) return error.detail
  const status: "running" | "paused" | "completed" | "failed" | "cancelled" = plan.status
  const started: string | null = plan.started_at
  const { data: page } = await client.GET("/v1/tracker/plans/{plan_id}/tasks", {
    params: { path: { plan_id }, query: { limit: "500" } }
  })
  const seconds = page?.tasks.map((task): number | undefined => task.duration_seconds) ?? []
  const { data: metrics } = await client.GET("/v1/tracker/metrics", { params: { query: { agent_id: "invoice" } } })
  const rate: number | null | undefined = metrics?.success_rate
  const { data: tree } = await client.GET("/v1/tracker/plans/{plan_id}/hierarchy", { params: { path: { plan_id } } })
  const below = tree?.plan.sub_plans?.flatMap((one) => one.sub_plans ?? []).map((one): string => one.plan_id)
  const { data: jobs } = await client.GET("/v1/tracker/jobs")
  const next: string | null | undefined = jobs?.jobs[0]?.next_run_at
  return JSON.stringify([status, started, seconds, rate, below, next])
}

export const send = async (events: Array<unknown>): Promise<number> => {
  const { data, error } = await client.POST("/v1/events", { body: { events } })
  if (data === undefined) throw new Error(error.detail)
  return data.accepted + data.duplicates
}

export const problem = (one: components["schemas"]["NotFoundEncoded"]): "urn:durable-effect:problem:not-found" => one.type

// @ts-expect-error: no plan has this status
export const wrong = () => client.GET("/v1/tracker/plans", { params: { query: { status: "done" } } })
// @ts-expect-error: an agent has to be named
export const incomplete = () => client.GET("/v1/tracker/metrics")
// @ts-expect-error: there is no such route
export const absent = () => client.GET("/v1/tracker/nothing")
`

const settings = {
  compilerOptions: {
    target: "ES2024",
    module: "NodeNext",
    moduleResolution: "NodeNext",
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    skipLibCheck: true,
    noEmit: true
  },
  files: ["program.ts"]
}

/** A folder from which the packages of this one are found. */
const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(pathOf("../../node_modules/.openApi-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

describe("a client that openapi-typescript generates from the OpenAPI document", () => {
  it.live("compiles", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const output = yield* Effect.promise(async () => {
        const types = await openapiTS(new URL("../../../../docs/openapi.json", import.meta.url))
        await Promise.all([
          writeFile(join(path, "tracker.ts"), astToString(types)),
          writeFile(join(path, "program.ts"), program),
          writeFile(join(path, "package.json"), JSON.stringify({ type: "module" })),
          writeFile(join(path, "tsconfig.json"), JSON.stringify(settings))
        ])
        return await new Promise<string>((resolve) =>
          execFile(process.execPath, [tsc, "-p", path], (_, stdout, stderr) => resolve(stdout + stderr))
        )
      })
      assert.strictEqual(output, "")
    }))
})
