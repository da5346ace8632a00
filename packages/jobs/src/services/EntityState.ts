import { Context, Effect, Layer, type Schema } from "effect"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import type { StateUndecodable } from "../errors.ts"
import { jsonCopy } from "../execution/storableJson.ts"
import { stateUndecodable } from "./schemaIssue.ts"

/** The durable state of an instance. */
export class EntityState extends Context.Service<EntityState, {
  /** The committed state as JSON, once its schema has accepted it. */
  readonly read: (
    definition: { readonly decode: (stored: unknown) => Effect.Effect<unknown, Schema.SchemaError> },
    record: InstanceRecord
  ) => Effect.Effect<Schema.Json, StateUndecodable>
  /** What a definition makes of the state, such as an attempt's own copy. */
  readonly open: <A, R>(
    open: (stored: unknown) => Effect.Effect<A, Schema.SchemaError, R>,
    record: InstanceRecord
  ) => Effect.Effect<A, StateUndecodable, R>
}>()("@durable-effect/jobs/EntityState") {
  static readonly layer = Layer.succeed(EntityState, {
    read: (definition, record) =>
      definition.decode(record.state).pipe(
        Effect.as(record.state),
        Effect.mapError((error) => stateUndecodable(instanceIdOf(record), error))
      ),
    open: (open, record) =>
      // A copy, since user code may mutate what it is given, and fail.
      Effect.mapErrorEager(open(jsonCopy(record.state)), (error) => stateUndecodable(instanceIdOf(record), error))
  })
}
