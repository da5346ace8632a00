import { PgTypes } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { Buffer } from "node:buffer"
import { compareBytes } from "../../projection/Fact.ts"
import { textArray } from "./joins.ts"

/** An id claimed by an event. */
export interface Claim {
  readonly eventId: string
  readonly hash: Uint8Array
  readonly receivedAt: string
}

// Returns those that were taken before, which are few or none.
const claim = `WITH claimed AS (
    INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
    SELECT $1, u.event_id, u.body_sha256, u.received_at::timestamptz
    FROM unnest($2::text[], $3::bytea[], $4::text[]) AS u(event_id, body_sha256, received_at)
    ON CONFLICT DO NOTHING RETURNING event_id
  )
  SELECT event_id FROM unnest($2::text[]) AS u(event_id) WHERE event_id NOT IN (SELECT event_id FROM claimed)`

const stored = "SELECT event_id, body_sha256 FROM event_ids WHERE tenant_id = $1 AND event_id = ANY($2::text[])"

/** The hash of the event stored under each of these distinct ids; unused ids are omitted. */
export const storedHashes = (tenantId: string, ids: ReadonlyArray<string>) =>
  ids.length === 0 ?
    Effect.succeed(new Map<string, Buffer>()) :
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql.unsafe<{ event_id: string; body_sha256: Uint8Array }>(stored, [tenantId, textArray(ids)]),
        (rows) => new Map(rows.map(({ body_sha256, event_id }) => [event_id, Buffer.from(body_sha256)]))
      ))

/** Claims sorted ids. If retention deletes a stored id in between, it is free and is claimed again. */
const claimSorted = (
  sql: SqlClient.SqlClient,
  tenantId: string,
  claims: ReadonlyArray<Claim>
): Effect.Effect<ReadonlyMap<string, Buffer>, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(
    sql.unsafe<{ event_id: string }>(claim, [
      tenantId,
      textArray(claims.map(({ eventId }) => eventId)),
      Result.getOrThrow(PgTypes.array(claims.map(({ hash }) => hash), PgTypes.OID.bytea)),
      textArray(claims.map(({ receivedAt }) => receivedAt))
    ]),
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
    (sql) => claimSorted(sql, tenantId, [...claims].sort((left, right) => compareBytes(left.eventId, right.eventId)))
  )
