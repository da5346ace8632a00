const alarms = (isDue: string) => `
  SELECT instance_id, due_at, generation FROM instances
  WHERE ${isDue} ORDER BY due_at, alarm_order LIMIT ?2`

/**
 * `?3`: ranges of ids as JSON, each its first id and what comes after it, null for no end. Records of omitted instances
 * are not read.
 */
const alarmsWithout = (isDue: string) => `
  WITH
    ranges (first, end) AS MATERIALIZED (SELECT value ->> 0, ifnull(value ->> 1, x'') FROM json_each(?3)),
    found AS MATERIALIZED (
      SELECT instance_id, due_at, alarm_order FROM instances
      WHERE ${isDue} AND NOT EXISTS (SELECT 1 FROM ranges WHERE instance_id >= first AND instance_id < end)
      ORDER BY due_at, alarm_order LIMIT ?2
    )
  SELECT instance_id, found.due_at AS due_at, generation FROM found JOIN instances USING (instance_id)
  ORDER BY found.due_at, found.alarm_order`

/** `?1`: up to when, `?2`: how many. */
const due = "due_at <= ?1"
/** `?1`: after when, `?2`: how many. */
const later = "due_at > ?1"

/** The queries on alarms. Its index has to answer them: records are long, and there may be many. */
export const alarmQueries = {
  due: alarms(due),
  later: alarms(later),
  dueWithout: alarmsWithout(due),
  laterWithout: alarmsWithout(later),
  held: `
    SELECT instance_id, held_at AS due_at, generation FROM instances
    WHERE held_at IS NOT NULL ORDER BY held_at, alarm_order`,
  /** The conditions restrict it to the indexes, which do not contain instances without an alarm. */
  lastOrder: `
    SELECT max(
      ifnull((SELECT max(alarm_order) FROM instances WHERE due_at IS NOT NULL), 0),
      ifnull((SELECT max(alarm_order) FROM instances WHERE held_at IS NOT NULL), 0)
    ) AS last`
}
