/**
 * A program with a tracker, as in an application: emits events, reports how many are pending, and runs until stopped.
 */
import { createTaskEvent, emitEvent, getPendingEvents, HttpBatchTrackerLayer } from "@durable-effect/core"
import { HttpClientTransportLayer } from "@durable-effect/core/HttpClientTransport"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import type { EmitterOptions, EmitterReport } from "./Emitter.ts"

const transports = {
  "node:http": "node",
  fetch: "fetch",
  HttpClient: Layer.provide(HttpClientTransportLayer, FetchHttpClient.layer)
} as const

const options: EmitterOptions = JSON.parse(process.argv[2] ?? "")

const report = (report: EmitterReport) => void process.stdout.write(`${JSON.stringify(report)}\n`)

const Tracker = HttpBatchTrackerLayer({
  endpoint: options.endpoint,
  env: "test",
  serviceKey: "emitter",
  transport: transports[options.transport],
  flushInterval: "1 hour",
  batchSize: 10_000,
  retry: { base: 1, max: 2 },
  shutdownTimeout: options.shutdownTimeoutMs,
  onLoss: ({ count, reason }) => report({ lost: count, reason })
})

const program = Effect.gen(function*() {
  for (let index = 1; index <= options.events; index++) {
    const payload = { task_id: `task-${index}`, state: "running", progress: index / options.events } as const
    yield* Effect.flatMap(createTaskEvent("task.progress", "emitter", payload), emitEvent)
  }
  report({ pending: yield* getPendingEvents })
  return yield* Effect.never
})

NodeRuntime.runMain(Effect.provide(program, Tracker))
