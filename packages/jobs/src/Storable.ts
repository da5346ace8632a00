import { Effect, Predicate, Schema } from "effect"
import { UnstorableSchema } from "./errors.ts"
import { storableJson, type Unstorable } from "./execution/storableJson.ts"
import { unstorablePart } from "./unstorablePart.ts"

/** A schema whose values can be stored: it requires no service to encode or decode. */
export type StorableSchema = Schema.ConstraintCodec<unknown, unknown>

/** The conversions of one schema's values: in from callers, and to and from storage. */
export interface Storable<A> {
  /** Validates a caller's value, in the schema's encoded form. */
  readonly read: (input: unknown) => Effect.Effect<A, Schema.SchemaError>
  readonly encode: (value: A) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
  readonly decode: (stored: unknown) => Effect.Effect<A, Schema.SchemaError>
  /** Validates a caller's value and returns it as stored. */
  readonly readToStore: (input: unknown) => Effect.Effect<Schema.Json, Schema.SchemaError | Unstorable>
}

/** Identifies a schema of a definition. */
export interface SchemaOption {
  /** Such as `Continuous.make`. */
  readonly definition: string
  readonly option: "stateSchema" | "eventSchema"
}

const codecOf = <S extends StorableSchema>(schema: S, { definition, option }: SchemaOption) => {
  const rejection = (path: string, problem: string) =>
    new UnstorableSchema({ definition, field: `${option}${path}`, problem })
  if (!Schema.isSchema(schema)) throw rejection("", "is no schema")
  const part = unstorablePart(schema.ast)
  if (part !== undefined) throw rejection(part.path, part.problem)
  try {
    return Schema.toCodecJson(schema)
  } catch (cause) {
    throw rejection("", `has no JSON form: ${Predicate.isError(cause) ? cause.message : String(cause)}`)
  }
}

/** Throws UnstorableSchema. */
export const storable = <S extends StorableSchema>(schema: S, option: SchemaOption): Storable<S["Type"]> => {
  const stored = codecOf(schema, option)
  const read = Schema.decodeUnknownEffect(schema)
  const encodeStored = Schema.encodeEffect(stored)
  const decode = Schema.decodeUnknownEffect(stored)
  const encode = (value: S["Type"]) => Effect.flatMapEager(encodeStored(value), storableJson)
  return {
    read: (input) => read(input),
    encode,
    decode: (json) => decode(json),
    readToStore: (input) => Effect.flatMapEager(read(input), encode)
  }
}
