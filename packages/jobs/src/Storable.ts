import { Effect, Schema } from "effect"
import { storableJson, type Unstorable } from "./execution/storableJson.ts"

/** A schema whose values can be stored: it needs no service to encode or decode. */
export type StorableSchema = Schema.ConstraintCodec<unknown, unknown>

/** The ways that values of one schema take: in from callers, and into the storage and back. */
export interface Storable<A> {
  /** Validates what a caller gave, in the schema's encoded form. */
  readonly read: (input: unknown) => Effect.Effect<A, Schema.SchemaError>
  readonly encode: (value: A) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<A, Schema.SchemaError>
  /** Validates what a caller gave and answers it as it is stored. */
  readonly readToStore: (input: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}

export const storable = <S extends StorableSchema>(schema: S): Storable<S["Type"]> => {
  const stored = Schema.toCodecJson(schema)
  const read = Schema.decodeUnknownEffect(schema)
  const encodeStored = Schema.encodeEffect(stored)
  const decode = Schema.decodeUnknownEffect(stored)
  const encode = (value: S["Type"]) => Effect.flatMap(encodeStored(value), storableJson)
  return {
    read: (input) => read(input),
    encode,
    decode: (json) => decode(json),
    readToStore: (input) => Effect.flatMap(read(input), encode)
  }
}
