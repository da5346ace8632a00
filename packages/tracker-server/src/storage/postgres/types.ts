import { type PgProtocol, PgTypes } from "@effect/sql-pg"
import { Result } from "effect"
import { isInstant, writeInstant } from "./instants.ts"
import { isRowId, writeRowId } from "./rowIds.ts"

/** Lets a type take values of another form too, which can only be written into a statement. */
const alsoTake = <A>(
  types: PgTypes.Registry,
  oid: number,
  isOurs: (value: unknown) => value is A,
  write: (sink: PgProtocol.ValueSink, value: A) => void
): void =>
  types.register<unknown>(oid, {
    encode: (value) => PgTypes.encode(value, oid),
    decode: (bytes) => PgTypes.decode(bytes, oid, 1),
    write: (sink, value) => {
      if (!isOurs(value)) return Result.map(PgTypes.encode(value, oid), (bytes) => sink.raw(bytes))
      write(sink, value)
      return Result.void
    }
  }, { arrayOid: PgTypes.arrayOidFor(oid) })

/** The driver's types, with what PostgreSQL stores of canonical instants and of row ids instead of text to be parsed. */
export const makeTypes = (): PgTypes.Registry => {
  const types = PgTypes.makeRegistry()
  alsoTake(types, PgTypes.OID.timestamptz, isInstant, writeInstant)
  alsoTake(types, PgTypes.OID.uuid, isRowId, writeRowId)
  return types
}
