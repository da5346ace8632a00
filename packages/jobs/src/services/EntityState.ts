import { Context, Effect, Layer, type Schema } from "effect"
import type { ContinuousDefinition, StateCell, StateSchema } from "../Continuous.ts"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import { StateUndecodable } from "../errors.ts"
import { describeIssue } from "./schemaIssue.ts"

/** The durable state of an instance. */
export class EntityState extends Context.Service<EntityState, {
  /** The committed state as JSON, once its schema has accepted it. */
  readonly read: (
    definition: ContinuousDefinition<StateSchema, unknown>,
    record: InstanceRecord
  ) => Effect.Effect<Schema.Json, StateUndecodable>
  /** An attempt's own copy of it. */
  readonly open: <R>(
    definition: ContinuousDefinition<StateSchema, R>,
    record: InstanceRecord
  ) => Effect.Effect<StateCell<R>, StateUndecodable>
}>()("@durable-effect/jobs/EntityState") {
  static readonly layer = Layer.succeed(EntityState, {
    read: (definition, record) =>
      definition.decode(record.state).pipe(
        Effect.as(record.state),
        Effect.mapError((error) => undecodable(record, error))
      ),
    open: (definition, record) => Effect.mapError(definition.open(record.state), (error) => undecodable(record, error))
  })
}

const undecodable = (record: InstanceRecord, error: Schema.SchemaError) => {
  const { field, problem } = describeIssue("state", error)
  return new StateUndecodable({ instanceId: instanceIdOf(record), problem: `${field}: ${problem}` })
}
