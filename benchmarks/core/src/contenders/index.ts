import { Schema } from "effect"
import type { Open } from "./Client.ts"

interface Contender {
  readonly title: string
  /** How it is set up, for the reader of a table. */
  readonly about: string
  /** Most events that may be on their way without overflowing its queue. */
  readonly window: number
  /** Whether what is emitted arrives anywhere. */
  readonly delivers: boolean
  /** Loads the library; a process loads one alone. */
  readonly open: () => Promise<Open>
}

const usual = { window: 2000, delivers: true }

const ours = async () => await import("./ours.ts")
const openTelemetry = async () => (await import("./openTelemetry.ts")).openTelemetry
const posthog = async () => (await import("./posthog.ts")).posthog
const raised = 100_000

/** Who takes part. Everything that is not said is at its default. */
export const contenders = {
  "ours-node": { title: "ours", about: "node:http", ...usual, open: async () => (await ours()).ours({}) },
  "ours-fetch": {
    title: "ours, fetch",
    about: "transport: fetch",
    ...usual,
    open: async () => (await ours()).ours({ transport: "fetch" })
  },
  "ours-gzip": {
    title: "ours, gzip",
    about: "node:http, compression: gzip",
    ...usual,
    open: async () => (await ours()).ours({ compression: "gzip" })
  },
  "ours-made": {
    title: "ours, event made too",
    about: "node:http; nextEventId and emit",
    ...usual,
    open: async () => (await ours()).oursMade({})
  },
  "ours-raised": {
    title: "ours, raised",
    about: "node:http, maxPending: 100,000",
    ...usual,
    open: async () => (await ours()).ours({ maxPending: raised, maxPendingBytes: 2 ** 28 })
  },
  "ours-patient": {
    title: "ours, patient",
    about: "node:http, bounds that a million events fit into",
    ...usual,
    open: async () =>
      (await ours()).ours({
        maxPending: 1_000_000,
        maxPendingBytes: 2 ** 30,
        retry: { attempts: 1000 },
        shutdownTimeout: "60 seconds"
      })
  },
  "opentelemetry": {
    title: "OpenTelemetry",
    about: "BatchSpanProcessor, OTLP/HTTP JSON",
    ...usual,
    open: async () => (await openTelemetry())({})
  },
  "opentelemetry-100": {
    title: "OpenTelemetry, batches of 100",
    about: "maxExportBatchSize: 100",
    ...usual,
    open: async () => (await openTelemetry())({ maxExportBatchSize: 100 })
  },
  "opentelemetry-raised": {
    title: "OpenTelemetry, raised",
    about: "maxQueueSize: 100,000",
    ...usual,
    open: async () => (await openTelemetry())({ maxQueueSize: raised })
  },
  "posthog": {
    title: "posthog-node",
    about: "gzip is its default",
    ...usual,
    open: async () => (await posthog())({})
  },
  "posthog-raised": {
    title: "posthog-node, raised",
    about: "maxQueueSize: 100,000",
    ...usual,
    open: async () => (await posthog())({ maxQueueSize: raised })
  },
  "segment": {
    title: "@segment/analytics-node",
    about: "flushAt: 100, which costs it less than its 15",
    ...usual,
    open: async () => (await import("./segment.ts")).segment({ flushAt: 100 })
  },
  "effect-otlp": {
    title: "Effect's OtlpExporter",
    about: "OtlpTracer, JSON over fetch",
    ...usual,
    open: async () => (await import("./effectOtlp.ts")).effectOtlp
  },
  "raw-fetch": {
    title: "bare loop, fetch",
    about: "100 events a request, 4 at once",
    ...usual,
    open: async () => (await import("./rawFetch.ts")).rawFetch
  },
  "raw-node": {
    title: "bare loop, node:http",
    about: "100 events a request, 4 at once",
    ...usual,
    open: async () => (await import("./rawNodeHttp.ts")).rawNodeHttp
  },
  "nothing": {
    title: "yield* Effect.void",
    about: "in place of emitting",
    window: Infinity,
    delivers: false,
    open: async () => (await import("./nothing.ts")).nothing
  },
  "sync": {
    title: "yield* Effect.sync",
    about: "in place of emitting: keeps the event in a variable",
    window: Infinity,
    delivers: false,
    open: async () => (await import("./nothing.ts")).sync
  }
} satisfies Record<string, Contender>

export type ContenderName = keyof typeof contenders

export const ContenderName = Schema.Literals([
  "ours-node",
  "ours-fetch",
  "ours-gzip",
  "ours-made",
  "ours-raised",
  "ours-patient",
  "opentelemetry",
  "opentelemetry-100",
  "opentelemetry-raised",
  "posthog",
  "posthog-raised",
  "segment",
  "effect-otlp",
  "raw-fetch",
  "raw-node",
  "nothing",
  "sync"
])
