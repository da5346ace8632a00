import { Clock, Console, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { rebuild } from "../maintenance/rebuild.ts"
import type { Progress, Rebuilt } from "../maintenance/rebuildTenant.ts"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { readTenant } from "./readTenant.ts"
import { withExistingDatabase } from "./withStore.ts"

export const rebuildFlags = {
  tenant: Flag.optional(
    Flag.String("tenant").pipe(Flag.withMetavar("NAME"), Flag.withDescription("Only this tenant's (default: all)"))
  ),
  "dry-run": Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Report how many rows would be corrected, and change nothing"),
    Flag.withDefault(false)
  )
}

/** Display names for the rows of a table. */
const names: { readonly [table: string]: string } = {
  plan_executions: "plans",
  task_executions: "tasks",
  state_transitions: "transitions",
  delegation_groups: "delegation groups",
  trace_ranges: "traces"
}

const summary = ({ differences, events, kept, tenantId }: Rebuilt, isDryRun: boolean): string => {
  const rows = Object.entries(differences).map(([table, count]) => `${count} ${names[table] ?? table}`).join(", ")
  const right = rows === "" ? "nothing to put right" : `${isDryRun ? "would put right" : "put right"}: ${rows}`
  const left = kept === 0 ? "" : `; ${kept} plans and tasks stay as they are, events that spoke of them are gone`
  return `${tenantId}: ${events} events folded; ${right}${left}`
}

/** Minimum interval between progress lines. */
const quietMs = 5_000

/** Prints one line per tenant to standard output and, if it takes long, progress to standard error. */
export const runRebuild = (flags: FlagValues<typeof sharedFlags> & FlagValues<typeof rebuildFlags>) =>
  withExistingDatabase(
    flags,
    Effect.fnUntraced(function*({ url, where }) {
      const isDryRun = flags["dry-run"]
      const tenant = yield* Effect.transposeOption(Option.map(flags.tenant, (text) => readTenant("--tenant", text)))
      let saidAt = yield* Clock.currentTimeMillis
      let tenants = 0
      const onProgress = Effect.fnUntraced(function*({ folded, tenantId, total }: Progress) {
        const now = yield* Clock.currentTimeMillis
        if (now - saidAt < quietMs) return
        saidAt = now
        yield* Console.error(`${tenantId}: ${folded} of about ${total} events folded …`)
      })
      yield* rebuild({
        url,
        tenantId: Option.getOrUndefined(tenant),
        isDryRun,
        onProgress,
        onTenant: (rebuilt) => {
          tenants++
          return Console.log(summary(rebuilt, isDryRun))
        }
      })
      if (tenants === 0) yield* Console.log(`${where} has no events to fold`)
    })
  )
