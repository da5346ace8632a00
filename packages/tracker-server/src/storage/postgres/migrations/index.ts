import { identity } from "./0001_identity.ts"
import { tracking } from "./0002_tracking.ts"
import { retentionMark } from "./0003_retention_mark.ts"
import { audit } from "./0004_audit.ts"
import { statistics } from "./0005_statistics.ts"
import { liveKeys } from "./0006_live_keys.ts"
import { planLists } from "./0007_plan_lists.ts"
import { ingestHealth } from "./0008_ingest_health.ts"
import { stream } from "./0009_stream.ts"
import { cheapWrites } from "./0010_cheap_writes.ts"
import type { Migration } from "./Migration.ts"

/** All migrations in order. Append; never edit or reorder what was released. */
export const migrations: ReadonlyArray<Migration> = [
  identity,
  tracking,
  retentionMark,
  audit,
  statistics,
  liveKeys,
  planLists,
  ingestHealth,
  stream,
  cheapWrites
]
