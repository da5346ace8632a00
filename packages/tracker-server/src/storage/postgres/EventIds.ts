import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { compareBytes } from "../../projection/Fact.ts"
import { instantArray, textArray } from "./joins.ts"
import type { Statement } from "./Statement.ts"
import { allowWritesOnlyIf, mayWrite } from "./writes.ts"

/** An id claimed by an event. */
export interface Claim {
  readonly eventId: string
  /** SHA-256 of its content in hexadecimal. */
  readonly hash: string
  readonly receivedAt: string
}

/** In the order of the unique index, so that two batches never deadlock. */
const sorted = (claims: ReadonlyArray<Claim>): ReadonlyArray<Claim> =>
  [...claims].sort((left, right) => compareBytes(left.eventId, right.eventId))

const claimParams = (tenantId: string, claims: ReadonlyArray<Claim>): Statement["params"] => [
  tenantId,
  textArray(claims.map(({ eventId }) => eventId)),
  textArray(claims.map(({ hash }) => hash)),
  instantArray(claims.map(({ receivedAt }) => receivedAt))
]

const insert = `INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
    SELECT $1, u.event_id, decode(u.hash, 'hex'), u.received_at FROM (
      SELECT unnest($2::text[]) AS event_id, unnest($3::text[]) AS hash, unnest($4::timestamptz[]) AS received_at
    ) AS u WHERE ${mayWrite}`

const claimAllFree = `WITH free AS (
    SELECT NOT EXISTS (
      SELECT FROM event_ids WHERE tenant_id = $1 AND event_id = ANY($2::text[])
    ) AS are_all
  ), claimed AS (${insert} AND (SELECT are_all FROM free))
  SELECT ${allowWritesOnlyIf("are_all")} FROM free`

/**
 * Claims these distinct ids if all of them are free. Otherwise claims none, and forbids the transaction to write. Waits
 * for any transaction that is claiming one of them; if that one commits, it fails with a unique violation.
 */
export const claimIfFree = (tenantId: string, claims: ReadonlyArray<Claim>): Statement => ({
  sql: claimAllFree,
  params: claimParams(tenantId, sorted(claims))
})

// Returns those that were taken before, which are few or none.
const claim = `WITH claimed AS (${insert} ON CONFLICT DO NOTHING RETURNING event_id)
  SELECT event_id FROM unnest($2::text[]) AS u(event_id)
  WHERE (SELECT count(*) FROM claimed) < cardinality($2) AND event_id NOT IN (SELECT event_id FROM claimed)`

const stored =
  "SELECT event_id, encode(body_sha256, 'hex') AS hash FROM event_ids WHERE tenant_id = $1 AND event_id = ANY($2::text[])"

/** The hash of the event stored under each of these distinct ids; unused ids are omitted. */
export const storedHashes = (tenantId: string, ids: ReadonlyArray<string>) =>
  ids.length === 0 ?
    Effect.succeed(new Map<string, string>()) :
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql.unsafe<{ event_id: string; hash: string }>(stored, [tenantId, textArray(ids)]),
        (rows) => new Map(rows.map(({ event_id, hash }) => [event_id, hash]))
      ))

/** Claims sorted ids. If retention deletes a stored id in between, it is free and is claimed again. */
const claimSorted = (
  sql: SqlClient.SqlClient,
  tenantId: string,
  claims: ReadonlyArray<Claim>
): Effect.Effect<ReadonlyMap<string, string>, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(
    sql.unsafe<{ event_id: string }>(claim, claimParams(tenantId, claims)),
    (taken) =>
      Effect.flatMap(storedHashes(tenantId, taken.map(({ event_id }) => event_id)), (stored) => {
        if (stored.size === taken.length) return Effect.succeed(stored)
        const gone = new Set(taken.map(({ event_id }) => event_id).filter((id) => !stored.has(id)))
        return Effect.map(
          claimSorted(sql, tenantId, claims.filter(({ eventId }) => gone.has(eventId))),
          (again) => new Map([...stored, ...again])
        )
      })
  )

/**
 * Claims those of these distinct ids that are still free. Returns the stored event's hash for each of the others. Waits
 * for any transaction that is claiming one of them.
 */
export const claimIds = (tenantId: string, claims: ReadonlyArray<Claim>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => claimSorted(sql, tenantId, sorted(claims))
  )
