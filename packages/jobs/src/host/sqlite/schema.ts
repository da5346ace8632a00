/** The format of the file. A released one stays as it is; the next one brings the step that leads to it. */
export const formatVersion = 1

export const createTables = `
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
  PRAGMA user_version = ${formatVersion};
`
