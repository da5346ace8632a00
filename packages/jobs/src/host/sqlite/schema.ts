/**
 * Migrations from each format of the file to the next, starting with an empty file. A released step must not change.
 */
export const steps: ReadonlyArray<string> = [
  `
  CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    record TEXT NOT NULL,
    due_at REAL,
    generation INTEGER NOT NULL,
    alarm_order INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX instances_due ON instances (due_at, alarm_order) WHERE due_at IS NOT NULL;
  CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE entries (
    instance_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at REAL,
    PRIMARY KEY (instance_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
  `,
  // An instance has at most one of the two. Alarms of an earlier format are in `due_at`, and due.
  `
  ALTER TABLE instances ADD COLUMN held_at REAL;
  CREATE INDEX instances_held ON instances (held_at, alarm_order) WHERE held_at IS NOT NULL;
  `,
  // From here on, the events of a row may share their common part, which earlier versions cannot read.
  ""
]
