import { Context, type Effect } from "effect"
import type { Summary } from "./summary.ts"

/** Where the jobs tell a person what they found. */
export class Reports extends Context.Service<Reports, {
  /** One line, at once. */
  readonly say: (line: string) => Effect.Effect<void>
  /** The outcome of the audit. */
  readonly summary: (summary: Summary) => Effect.Effect<void>
}>()("quickstart/Reports") {}
