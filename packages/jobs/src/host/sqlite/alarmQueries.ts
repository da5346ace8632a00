const alarms = (condition: string) => `
  SELECT instance_id, due_at, generation FROM instances
  WHERE ${condition} ORDER BY due_at, alarm_order LIMIT ?2`

/** What is asked of the alarms. The index of them has to answer it: records are long, and there may be many. */
export const alarmQueries = {
  /** `?1`: up to when, `?2`: how many. */
  due: alarms("due_at <= ?1"),
  /** `?1`: after when, `?2`: how many. */
  later: alarms("due_at > ?1"),
  /** The condition keeps it to the index. What has no alarm has no place among them. */
  lastOrder: "SELECT max(alarm_order) AS last FROM instances WHERE due_at IS NOT NULL"
}
