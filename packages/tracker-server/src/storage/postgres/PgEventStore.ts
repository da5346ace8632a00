import { Data, Effect, Layer, Predicate } from "effect"
import { SqlClient } from "effect/sql"
import { countEvents } from "../../metrics/countEvents.ts"
import { Committed } from "../Committed.ts"
import { countVerdicts } from "../countVerdicts.ts"
import { type Batch, EventStore, KeyEnded, type Outdated, RejectedGone } from "../EventStore.ts"
import { withDeadline } from "./deadline.ts"
import { endedKeys, requireLiveKeys } from "./endedKeys.ts"
import { type Claim, claimIds, claimIfFree } from "./EventIds.ts"
import { groupCommit, isOutdated, type WriteGroup, type Written } from "./groupCommit.ts"
import { claimsOf, recordGroup } from "./recordGroup.ts"
import { keptRejected, requireRejected } from "./RejectedEvents.ts"
import { runAll } from "./Statement.ts"
import { TenantSql } from "./TenantSql.ts"

/** Some of a group may no longer be written: `undefined` for those that may. */
class SomeOutdated extends Data.TaggedError("SomeOutdated")<{ readonly all: ReadonlyArray<Outdated | undefined> }> {}

const keysOf = (group: ReadonlyArray<Batch>): ReadonlySet<string> =>
  new Set(group.flatMap(({ keyId }) => keyId === null ? [] : [keyId]))

const rereadsOf = (group: ReadonlyArray<Batch>): ReadonlySet<string> => new Set(group.flatMap(({ rereads }) => rereads))

/** Why a batch may no longer be written; `undefined` if it may. */
const outdated =
  (endedKeys: ReadonlySet<string>, kept: ReadonlySet<string>) => ({ keyId, rereads }: Batch): Outdated | undefined => {
    if (keyId !== null && endedKeys.has(keyId)) return new KeyEnded({ keyId })
    return rereads.every((id) => kept.has(id)) ? undefined : new RejectedGone()
  }

/** Whether the conditions, which return a row each, left the transaction able to write. */
const mayStillWrite = (answers: ReadonlyArray<ReadonlyArray<object>>): boolean =>
  answers.every(([row, ...more]) => more.length === 0 && Predicate.hasProperty(row, "writes") && row.writes === "on")

const noneStored: ReadonlyMap<string, string> = new Map()

/** How a group is written: in one round trip if nothing in it was seen before, which is nearly always so. */
const makeWriteGroup = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { atOnce, within } = yield* TenantSql

  /** Looks at what is stored first. */
  const writeSeen = (tenantId: string, group: ReadonlyArray<Batch>, claims: ReadonlyMap<string, Claim>) =>
    Effect.gen(function*() {
      // One round trip: a key revoked during its request is rare enough to roll back for it.
      const [ended, kept, stored] = yield* Effect.all([
        endedKeys(keysOf(group)),
        keptRejected(tenantId, rereadsOf(group)),
        claimIds(tenantId, [...claims.values()])
      ], { concurrency: "unbounded" })
      const all = group.map(outdated(ended, kept))
      if (all.some((one) => one !== undefined)) return yield* new SomeOutdated({ all })
      const { statements, verdicts } = recordGroup(tenantId, group, claims, stored)
      yield* runAll(statements)
      return verdicts
    }).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      within(tenantId, "once"),
      Effect.catchTag("SomeOutdated", ({ all }) => writeWithout(all, tenantId, group))
    )

  /** Writes the requests of a group that may still be written. */
  const writeWithout = (all: ReadonlyArray<Outdated | undefined>, tenantId: string, group: ReadonlyArray<Batch>) =>
    Effect.map(writeGroup(tenantId, group.filter((_, i) => all[i] === undefined)), (written) => {
      const rest = written.values()
      return all.map((one): Written => one ?? rest.next().value ?? [])
    })

  const writeGroup: WriteGroup = (tenantId, group) => {
    const claims = claimsOf(group)
    const { statements, verdicts } = recordGroup(tenantId, group, claims, noneStored)
    const conditions = [
      ...requireLiveKeys(keysOf(group)),
      ...requireRejected(tenantId, rereadsOf(group)),
      claimIfFree(tenantId, [...claims.values()])
    ]
    // Planning a dozen statements of thirty columns for every batch would cost more than a small batch itself.
    return Effect.flatMap(
      atOnce(tenantId, "once", [...conditions, ...statements]),
      (answers) =>
        mayStillWrite(answers.slice(0, conditions.length))
          ? Effect.succeed(verdicts)
          : writeSeen(tenantId, group, claims)
    )
  }
  return writeGroup
})

/** Adapter: PostgreSQL, one transaction under the tenant's role for all requests that arrived together. */
export const layer: Layer.Layer<EventStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  EventStore,
  Effect.gen(function*() {
    const writeGroup = yield* makeWriteGroup
    const committed = yield* Committed
    const count = yield* countEvents
    return yield* groupCommit((tenantId, group) =>
      Effect.map(withDeadline()(writeGroup(tenantId, group)), (written) => {
        committed(tenantId)
        count(countVerdicts(group, written.map((one) => isOutdated(one) ? [] : one)))
        return written
      })
    )
  })
)
