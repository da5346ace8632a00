/** Whether the current transaction may write events and what follows from them: `on`, or anything else. */
const setting = "tracker.writes"

/** A select list that lets the current transaction write. */
export const allowWrites = `set_config('${setting}', 'on', true)`

/**
 * A select list: unless this condition is met, all later statements of the transaction that write do nothing. As
 * `writes`, it returns whether the transaction may still write: `on`, or anything else.
 */
export const allowWritesOnlyIf = (condition: string): string =>
  `CASE WHEN ${condition} THEN current_setting('${setting}', true) ELSE set_config('${setting}', 'off', true) END AS writes`

/**
 * The condition on which a statement writes. It is not met outside a transaction that allows it, such as after a BEGIN
 * that failed: a statement that was sent along with it does nothing then.
 */
export const mayWrite = `current_setting('${setting}', true) = 'on'`
