import { Console, Effect, Layer, Option } from "effect"
import { Flag } from "effect/cli"
import { rejectedView } from "../admin/answerRejected.ts"
import { RejectionCode } from "../api/views.ts"
import { replayAll } from "../rejected/replay.ts"
import * as PgEventStore from "../storage/postgres/PgEventStore.ts"
import * as PgRejectedStore from "../storage/postgres/PgRejectedStore.ts"
import { tenantsWithRejected } from "../storage/postgres/RejectedEvents.ts"
import * as TenantSql from "../storage/postgres/TenantSql.ts"
import { RejectedStore } from "../storage/RejectedStore.ts"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { maxShown, readLimit } from "./readLimit.ts"
import { readTenant } from "./readTenant.ts"
import { table } from "./table.ts"
import { withExistingStore } from "./withStore.ts"

type Shared = FlagValues<typeof sharedFlags>

const chosen = {
  tenant: Flag.optional(
    Flag.String("tenant").pipe(Flag.withMetavar("NAME"), Flag.withDescription("Only this tenant's (default: all)"))
  ),
  code: Flag.optional(
    Flag.Literals("code", RejectionCode.literals).pipe(Flag.withDescription("Only events rejected with this code"))
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false))
}

export const listFlags = {
  ...chosen,
  limit: Flag.Int("limit").pipe(
    Flag.withMetavar("NUMBER"),
    Flag.withDescription(`Events to show of each tenant, the newest first, 0 to ${maxShown} (default 20)`),
    Flag.withDefault(20)
  )
}

export const replayFlags = {
  ...chosen,
  "dry-run": Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Only report what would happen to them"),
    Flag.withDefault(false)
  )
}

const services = Layer.merge(PgEventStore.layer, PgRejectedStore.layer).pipe(Layer.provide(TenantSql.layer))

/** Runs for the given tenant, or for each tenant with rejected events; returns the results by tenant. */
const byTenant = <A, E>(
  flags: Shared & { readonly tenant: Option.Option<string> },
  what: (tenantId: string) => Effect.Effect<A, E, Layer.Success<typeof services>>
) =>
  Effect.gen(function*() {
    const given = yield* Effect.transposeOption(Option.map(flags.tenant, (text) => readTenant("--tenant", text)))
    const all = Option.match(given, { onNone: () => tenantsWithRejected, onSome: (one) => Effect.succeed([one]) })
    const answers = Effect.flatMap(
      all,
      Effect.forEach((tenant) => Effect.map(what(tenant), (answer) => ({ tenant, answer })))
    )
    return yield* withExistingStore(flags, Effect.provide(answers, services))
  })

const byName = <A>(answers: ReadonlyArray<{ readonly tenant: string; readonly answer: A }>) =>
  Object.fromEntries(answers.map(({ answer, tenant }) => [tenant, answer]))

/** Counts rejected events and shows the newest. */
export const runRejectedList = (flags: Shared & FlagValues<typeof listFlags>) =>
  Effect.gen(function*() {
    const limit = yield* readLimit(flags.limit)
    const code = Option.getOrNull(flags.code)
    const answers = yield* byTenant(flags, (tenant) =>
      Effect.gen(function*() {
        const rejectedStore = yield* RejectedStore
        const page = { code, first: "newest", after: null, until: null, limit } as const
        const { events } = limit === 0 ? { events: [] } : yield* rejectedStore.page(tenant, page)
        return { counts: yield* rejectedStore.counts(tenant), rejected: events.map(rejectedView) }
      }))
    if (flags.json) return yield* Console.log(JSON.stringify(byName(answers)))
    const counts = answers.flatMap(({ answer, tenant }) =>
      Object.entries(answer.counts).map(([code, count]) => [tenant, code, String(count)])
    )
    if (counts.length === 0) return yield* Console.log("No rejected events are kept.")
    yield* Console.log(table([["TENANT", "CODE", "EVENTS"], ...counts]))
    const events = answers.flatMap(({ answer, tenant }) =>
      answer.rejected.map((one) => [one.received_at, tenant, one.code, one.event_id ?? "-", one.detail])
    )
    if (events.length > 0) {
      yield* Console.log(`\n${table([["RECEIVED", "TENANT", "CODE", "EVENT", "DETAIL"], ...events])}`)
    }
  })

/** Replays rejected events and stores those that are now valid. */
export const runReplay = (flags: Shared & FlagValues<typeof replayFlags>) =>
  Effect.gen(function*() {
    const code = Option.getOrNull(flags.code)
    const answers = yield* byTenant(flags, (tenant) => replayAll(tenant, code, flags["dry-run"]))
    if (flags.json) {
      return yield* Console.log(JSON.stringify(byName(answers.map(({ answer, tenant }) => ({
        tenant,
        answer: { dry_run: flags["dry-run"], ...answer }
      })))))
    }
    if (answers.length === 0) return yield* Console.log("No rejected events are kept.")
    const rows = answers.map(({ answer, tenant }) => [
      tenant,
      String(answer.replayed),
      String(answer.duplicates),
      Object.entries(answer.rejected).map(([code, count]) => `${code} ${count}`).sort().join(", ") || "-",
      String(answer.not_kept)
    ])
    yield* Console.log(table([["TENANT", "TAKEN IN", "STORED ALREADY", "REJECTED AGAIN", "BODY NOT KEPT"], ...rows]))
    if (answers.some(({ answer }) => Object.keys(answer.rejected).length > 0)) {
      yield* Console.error("`tracker-server rejected list` says what is wrong with those rejected again.")
    }
    if (flags["dry-run"]) yield* Console.error("Nothing is changed; the same without --dry-run does it.")
  })
