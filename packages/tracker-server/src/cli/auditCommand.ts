import { Console, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { shownInstant } from "../projection/instant.ts"
import { auditEntries } from "../storage/postgres/AuditLog.ts"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { maxShown, readLimit } from "./readLimit.ts"
import { readTenant } from "./readTenant.ts"
import { table } from "./table.ts"
import { withExistingStore } from "./withStore.ts"

export const auditFlags = {
  tenant: Flag.optional(
    Flag.String("tenant").pipe(Flag.withMetavar("NAME"), Flag.withDescription("Only what was done to this tenant"))
  ),
  limit: Flag.Int("limit").pipe(
    Flag.withMetavar("NUMBER"),
    Flag.withDescription(`Entries to show, the newest first, 0 to ${maxShown} (default 50)`),
    Flag.withDefault(50)
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false))
}

/** Shows who created and revoked keys and who erased tenants. */
export const runAudit = (flags: FlagValues<typeof sharedFlags> & FlagValues<typeof auditFlags>) =>
  Effect.gen(function*() {
    const limit = yield* readLimit(flags.limit)
    const tenant = yield* Effect.transposeOption(Option.map(flags.tenant, (text) => readTenant("--tenant", text)))
    const entries = (yield* withExistingStore(flags, auditEntries(Option.getOrNull(tenant), limit))).map(
      (entry) => ({ ...entry, at: shownInstant(entry.at) })
    )
    if (flags.json) return yield* Console.log(JSON.stringify({ entries }))
    if (entries.length === 0) return yield* Console.log("Nothing is noted.")
    const rows = entries.map(({ action, actor, at, details, key_id, tenant_id }) => [
      at,
      actor,
      action,
      tenant_id,
      key_id ?? "-",
      Object.keys(details).length === 0 ? "-" : JSON.stringify(details)
    ])
    yield* Console.log(table([["AT", "ACTOR", "ACTION", "TENANT", "KEY", "DETAILS"], ...rows]))
  })
