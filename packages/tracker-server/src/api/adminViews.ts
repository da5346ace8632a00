import { Schema } from "effect"
import { KeyScope } from "./Authorization.ts"
import { exampleBatch, exampleDetail } from "./examples.ts"
import { Instant, next_cursor, RejectionCode } from "./views.ts"

const known = Schema.optionalKey

/** An API key as shown to clients: never with its secret. */
export const Key = Schema.Struct({
  key_id: Schema.String,
  tenant_id: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(KeyScope),
  created_at: Instant,
  revoked_at: known(Instant)
})
export type Key = typeof Key.Type

const key: Key = {
  key_id: "key_Th9-ORGkd8l3",
  tenant_id: "acme",
  name: "billing",
  scopes: ["ingest"],
  created_at: "2026-01-11T10:00:00Z"
}

export const KeyPage = Schema.Struct({ keys: Schema.Array(Key), next_cursor }).annotate({ examples: [{ keys: [key] }] })

/** The request for a new key, which belongs to the tenant of the key used. */
export const NewKey = Schema.Struct({
  scopes: Schema.NonEmptyArray(KeyScope),
  name: known(
    Schema.String.check(Schema.isMaxLength(255), Schema.isPattern(/^[^\p{Cc}\p{Cs}]*$/u)).annotate({
      description: "What the key is for, shown in lists. No control characters."
    })
  )
}).annotate({ examples: [{ scopes: ["ingest"], name: "billing" }] })
export type NewKey = typeof NewKey.Type

/** A newly created key. */
export const CreatedKey = Schema.Struct({
  ...Key.fields,
  secret: Schema.String.annotate({ description: "Send it as `Authorization: Bearer <secret>`. Shown only this once." })
}).annotate({ examples: [{ ...key, secret: "dek_…" }] })

const rowsByTable = Schema.Record(Schema.String, Schema.Natural)

/** What was deleted of a tenant: rows per table, omitting empty tables. */
export const Erased = Schema.Struct({ tenant_id: Schema.String, rows: rowsByTable }).annotate({
  examples: [{ tenant_id: "acme", rows: { event_timeline: 1200, task_executions: 90 } }]
})

/** Rejected events by rejection code, omitting codes without events. */
export const CountsByCode = Schema.Record(Schema.String, Schema.Natural)

/** A stored rejected event. */
export const RejectedEvent = Schema.Struct({
  rejected_id: Schema.String,
  event_id: Schema.NullOr(Schema.String),
  code: RejectionCode,
  detail: Schema.String,
  received_at: Instant,
  body: Schema.NullOr(Schema.String).annotate({
    description:
      "The event as JSON text; null if it was nested too deeply to be stored, in which case only its sender " +
      "can send it again."
  })
})
export type RejectedEvent = typeof RejectedEvent.Type

export const RejectedPage = Schema.Struct({
  counts: CountsByCode.annotate({ description: "All stored rejected events, not only this page." }),
  rejected: Schema.Array(RejectedEvent),
  next_cursor
}).annotate({
  examples: [{
    counts: { invalid_timestamp: 2 },
    rejected: [{
      rejected_id: "0199a1b2-0000-7000-8000-000000000001",
      event_id: "event-3",
      code: "invalid_timestamp",
      detail: exampleDetail,
      received_at: "2026-01-11T10:01:00.031Z",
      body: JSON.stringify(exampleBatch.events[1])
    }],
    next_cursor: "WyJhIl0"
  }]
})

/** The result of replaying rejected events. */
export const Replayed = Schema.Struct({
  dry_run: Schema.Boolean,
  replayed: Schema.Natural.annotate({ description: "Now stored, and removed from the rejected events." }),
  duplicates: Schema.Natural.annotate({ description: "Already stored, and removed from the rejected events." }),
  rejected: CountsByCode.annotate({ description: "Rejected again and still kept, by their current rejection code." }),
  not_kept: Schema.Natural.annotate({
    description: "Kept without a body because they were nested too deeply: their sender has to send them again."
  }),
  next_cursor
}).annotate({
  examples: [{ dry_run: false, replayed: 1, duplicates: 0, rejected: { invalid_timestamp: 1 }, not_kept: 0 }]
})
export type Replayed = typeof Replayed.Type
