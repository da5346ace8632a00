import { Debounce } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"
import { Reports } from "../Reports.ts"

const Finding = Schema.Struct({ name: Schema.String, version: Schema.String, findings: Schema.Array(Schema.String) })

// #region define
/** Collects what is found, and tells it in batches: one line for what comes within half a second. */
export const findings = Debounce.make({
  eventSchema: Finding,
  stateSchema: Schema.Array(Finding),
  flushAfter: "500 millis",
  maxEvents: 50,
  onEvent: ({ event, state }) => Effect.succeed([...(state ?? []), event]),
  execute: (ctx) =>
    Effect.gen(function*() {
      const batch = yield* ctx.state
      // pnpm installs a package once for each set of peers.
      const lines = new Set(batch.map(({ findings, name, version }) => `${name}@${version} (${findings.join(", ")})`))
      const shown = Array.from(lines).toSorted().slice(0, 3).join("; ")
      const more = lines.size > 3 ? ` and ${lines.size - 3} more` : ""
      yield* Reports.use(({ say }) => say(`findings: ${shown}${more}`))
    })
})
// #endregion
