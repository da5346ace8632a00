/** A task `t` that has not ended. */
export const isOpen = "t.state NOT IN ('completed', 'failed', 'cancelled')"

/** Microseconds from a task's start to its end; never negative, even if clocks disagree. */
const micros = "greatest(0, extract(epoch FROM t.completed_at - t.started_at) * 1000000)"

const isTimed = "FILTER (WHERE t.state IN ('completed', 'failed'))"

const percentile = (fraction: number) =>
  `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY (${micros})::float8) ${isTimed}`

/** Of a group of tasks. */
export const count = "count(*)::int4"
export const countIn = (state: "completed" | "failed") => `count(*) FILTER (WHERE t.state = '${state}')::int4`
export const sumMicros = `(sum(${micros}) ${isTimed})::float8`
export const percentiles = `${percentile(0.5)} AS p50_micros, ${percentile(0.95)} AS p95_micros`

/** Tasks `t` of an agent that started within a window. */
export const startedWithin = (agent: string, from: string, until: string) =>
  `t.tenant_id = $1 AND t.agent_id = ${agent} AND t.known
    AND t.started_at >= ${from}::timestamptz AND t.started_at < ${until}::timestamptz`
