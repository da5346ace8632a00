import { Data, Effect, Layer, Predicate } from "effect"
import { SqlClient } from "effect/sql"
import { countEvents } from "../../metrics/countEvents.ts"
import { Committed } from "../Committed.ts"
import { countVerdicts } from "../countVerdicts.ts"
import { type Batch, EventStore, KeyEnded } from "../EventStore.ts"
import { withDeadline } from "./deadline.ts"
import { endedKeys, requireLiveKeys } from "./endedKeys.ts"
import { type Claim, claimIds, claimIfFree } from "./EventIds.ts"
import { groupCommit, type WriteGroup, type Written } from "./groupCommit.ts"
import { claimsOf, recordGroup } from "./recordGroup.ts"
import { runAll } from "./Statement.ts"
import { TenantSql } from "./TenantSql.ts"

/** Some of a group's keys were revoked after their requests were authorized. */
class KeysEnded extends Data.TaggedError("KeysEnded")<{ readonly ids: ReadonlySet<string> }> {}

const keysOf = (group: ReadonlyArray<Batch>): ReadonlySet<string> =>
  new Set(group.flatMap(({ keyId }) => keyId === null ? [] : [keyId]))

const endOf = (ended: ReadonlySet<string>, { keyId }: Batch): KeyEnded | undefined =>
  keyId !== null && ended.has(keyId) ? new KeyEnded({ keyId }) : undefined

/** Whether `requireLiveKeys` and `claimIfFree`, which return a row each, left the transaction able to write. */
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
      const [ended, stored] = yield* Effect.all([endedKeys(keysOf(group)), claimIds(tenantId, [...claims.values()])], {
        concurrency: "unbounded"
      })
      if (ended.size > 0) return yield* new KeysEnded({ ids: ended })
      const { statements, verdicts } = recordGroup(tenantId, group, claims, stored)
      yield* runAll(statements)
      return verdicts
    }).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      within(tenantId, "once"),
      Effect.catchTag("KeysEnded", ({ ids }) => writeWithout(ids, tenantId, group))
    )

  /** Writes the requests of a group whose keys are still valid. */
  const writeWithout = (ended: ReadonlySet<string>, tenantId: string, group: ReadonlyArray<Batch>) =>
    Effect.map(writeGroup(tenantId, group.filter((batch) => endOf(ended, batch) === undefined)), (written) => {
      const rest = written.values()
      return group.map((batch): Written => endOf(ended, batch) ?? rest.next().value ?? [])
    })

  const writeGroup: WriteGroup = (tenantId, group) => {
    const claims = claimsOf(group)
    const { statements, verdicts } = recordGroup(tenantId, group, claims, noneStored)
    const conditions = [...requireLiveKeys(keysOf(group)), claimIfFree(tenantId, [...claims.values()])]
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
        count(countVerdicts(group, written.map((verdicts) => verdicts instanceof KeyEnded ? [] : verdicts)))
        return written
      })
    )
  })
)
