import { layerFreshPostgres } from "@durable-effect/test-support"
import { PgTypes } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result } from "effect"
import { SqlClient } from "effect/sql"
import * as fc from "fast-check"
import { instantArray, readInstant } from "../../../src/storage/postgres/joins.ts"
import { nextRowId } from "../../../src/storage/postgres/rowIds.ts"

const edges = [
  "0001-01-01T00:00:00.000000Z",
  "0004-02-29T23:59:59.999999Z",
  "1582-10-15T00:00:00.000001Z",
  "1714-07-26T12:13:14.000015Z",
  "1900-03-01T00:00:00.000000Z",
  "1969-12-31T23:59:59.999999Z",
  "1999-12-31T23:59:59.999999Z",
  "2000-01-01T00:00:00.000000Z",
  "2000-02-29T00:00:00.000000Z",
  "2026-01-11T10:00:00.123456Z",
  "2100-02-28T23:59:59.999999Z",
  "2285-06-05T23:47:34.740991Z",
  "2285-06-05T23:47:34.740992Z",
  "9999-12-31T23:59:59.999999Z"
]

const anyInstants = fc.sample(
  fc.tuple(
    fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
    fc.nat({ max: 999 })
  ).map(([date, micros]) => `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`),
  2000
)

describe("an instant on its way to PostgreSQL", () => {
  it.live("keeps each microsecond from year 1 to 9999, and means what its text means", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const instants = [...edges, ...anyInstants]
      const rows = yield* sql.unsafe<{ sent: string; parsed: boolean }>(
        `SELECT ${readInstant("i.sent", "sent")}, i.sent = i.text::timestamptz AS parsed
          FROM unnest($1::timestamptz[], $2::text[]) WITH ORDINALITY AS i(sent, text, place) ORDER BY i.place`,
        [instantArray(instants), instants]
      )
      assert.deepStrictEqual(rows.map(({ sent }) => sent), instants)
      assert.isTrue(rows.every(({ parsed }) => parsed))
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("is refused unless it has the one form that is written", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (const text of ["infinity", "2026-01-11T10:00:00Z", "2026-01-11T12:00:00.000+02:00"]) {
        const answer = sql.unsafe("SELECT unnest($1::timestamptz[])", [instantArray([text])])
        assert.isTrue(Exit.isFailure(yield* Effect.exit(answer)), text)
      }
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("leaves the driver's own instants alone", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const at = new Date("2026-01-11T10:00:00.123Z")
      assert.deepStrictEqual(yield* sql`SELECT ${at}::timestamptz AS at`, [{ at }])
    }).pipe(Effect.provide(layerFreshPostgres)))
})

describe("the id of a new row", () => {
  it.live("is a UUID of version 7, greater than all before it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const ids = Result.getOrThrow(PgTypes.array(Array.from({ length: 3000 }, nextRowId), PgTypes.OID.uuid))
      const rows = yield* sql.unsafe<{ id: string }>("SELECT id::text FROM unnest($1::uuid[]) AS id", [ids])
      const texts = rows.map(({ id }) => id)
      assert.isTrue(
        texts.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))
      )
      assert.deepStrictEqual(texts, [...new Set(texts)].sort())
      const millis = parseInt(texts[0]?.replace("-", "").slice(0, 12) ?? "", 16)
      assert.approximately(millis, Date.now(), 60_000)
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("is made of any other text as before", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = "0199f0c1-0000-7000-8000-000000000001"
      const [row] = yield* sql.unsafe("SELECT $1::uuid AS id", [PgTypes.uuid(id)])
      assert.deepStrictEqual(row, { id })
    }).pipe(Effect.provide(layerFreshPostgres)))
})
