import { Console, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import * as PgTenantErasure from "../erasure/PgTenantErasure.ts"
import { type RowCounts, TenantErasure } from "../erasure/TenantErasure.ts"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { readTenant } from "./readTenant.ts"
import { table } from "./table.ts"
import { withExistingStore } from "./withStore.ts"

export const eraseParameters = {
  tenant: Argument.String("tenant").pipe(Argument.withDescription("The tenant's name, as its keys have it")),
  yes: Flag.Boolean("yes").pipe(
    Flag.withDescription("Really delete it. Without this, only says how much there is"),
    Flag.withDefault(false)
  )
}

const show = (rows: RowCounts) =>
  Console.log(table([["TABLE", "ROWS"], ...Object.entries(rows).map(([name, count]) => [name, String(count)])]))

/** Reports what is stored for a tenant, or deletes it. Standard output has only the numbers. */
export const runErase = (flags: FlagValues<typeof sharedFlags> & { readonly tenant: string; readonly yes: boolean }) =>
  Effect.gen(function*() {
    const tenant = yield* readTenant("tenants erase", flags.tenant)
    const rows = yield* withExistingStore(
      flags,
      Effect.flatMap(TenantErasure, ({ count, erase }) => flags.yes ? erase(tenant, "cli") : count(tenant)).pipe(
        Effect.provide(PgTenantErasure.layer)
      )
    )
    if (Object.keys(rows).length === 0) return yield* Console.error(`There is nothing of the tenant ${tenant}.`)
    yield* show(rows)
    yield* Console.error(
      flags.yes
        ? `All of the tenant ${tenant} is erased.`
        : "Nothing is erased yet. The same with --yes deletes all of this for good."
    )
  })
