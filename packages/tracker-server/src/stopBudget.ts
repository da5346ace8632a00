/** A supervisor waits 10 s before it kills; by then all must be over. */
const totalMs = 9_500
/** How long clients that keep a connection open may finish by themselves, before idle ones are closed. */
const idleMs = 500
/** For telling requests that are still open that they came to nothing, and for their clients to read it. */
const answersMs = 1_000
/** PostgreSQL stops in about 0.1 s; after this it is told to stop at once, which loses nothing either. */
const postgresMs = 1_500
/** For the latter. */
const postgresKillMs = 200
/** For transactions that are cut off to be rolled back, where PostgreSQL still answers. */
const rollbackMs = 300
/** For the last traces, metrics and logs. */
const telemetryMs = 800
/** For pools, files and the end of the process itself. */
const restMs = 500

/** For giving back to the bus what is not stored, and for the last words to it. */
const busMs = 3_700
const requestsMs = totalMs - idleMs - answersMs - rollbackMs - postgresMs - postgresKillMs - telemetryMs - restMs

/** Who gets how much of the time between SIGTERM and the end of the process. The requests that run get what is left. */
export const stopBudget = {
  totalMs,
  idleMs,
  requestsMs,
  answersMs,
  /** The batches of the bus that run, which end no later than requests do, all told. */
  batchesMs: idleMs + requestsMs + answersMs - busMs,
  rollbackMs,
  postgresMs,
  postgresKillMs,
  telemetryMs
} as const
