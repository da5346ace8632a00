import type { DatabaseSync } from "node:sqlite"
import { alarmQueries } from "./alarmQueries.ts"

/** All statements on the tables. */
export const statementsOf = (db: DatabaseSync) => ({
  load: db.prepare("SELECT version, record FROM instances WHERE instance_id = ?"),
  version: db.prepare("SELECT version FROM instances WHERE instance_id = ?"),
  remove: db.prepare("DELETE FROM instances WHERE instance_id = ? AND version = ?"),
  add: db.prepare(`
    INSERT INTO instances (instance_id, version, record, due_at, held_at, generation, alarm_order)
    VALUES (?, 1, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`),
  replace: db.prepare(`
    UPDATE instances SET version = version + 1, record = ?1, due_at = ?2, held_at = ?3, generation = ?4,
      alarm_order = CASE WHEN due_at IS ?2 AND held_at IS ?3 AND generation = ?4 THEN alarm_order ELSE ?5 END
    WHERE instance_id = ?6 AND version = ?7`),
  due: db.prepare(alarmQueries.due),
  later: db.prepare(alarmQueries.later),
  dueWithout: db.prepare(alarmQueries.dueWithout),
  laterWithout: db.prepare(alarmQueries.laterWithout),
  held: db.prepare(alarmQueries.held),
  peek: db.prepare("SELECT position, event FROM outbox WHERE position > ? ORDER BY position LIMIT ?"),
  addEvents: db.prepare("INSERT INTO outbox (event) VALUES (?)"),
  ack: db.prepare("DELETE FROM outbox WHERE position IN (SELECT value FROM json_each(?))"),
  setEntry: db.prepare(`
    INSERT INTO entries (instance_id, key, value, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`),
  removeEntry: db.prepare("DELETE FROM entries WHERE instance_id = ? AND key = ?"),
  entry: db.prepare("SELECT key, value, expires_at FROM entries WHERE instance_id = ? AND key = ?"),
  entries: db.prepare(`
    SELECT key, value, expires_at FROM entries
    WHERE instance_id = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`),
  removeExpired: db.prepare(`
    DELETE FROM entries WHERE (instance_id, key) IN (
      SELECT instance_id, key FROM entries WHERE expires_at <= ? LIMIT ?
    )`),
  lastOrder: db.prepare(alarmQueries.lastOrder)
})
