/** Supervisors wait 10 s before they kill; everything must be over by then. */
const totalMs = 9_500
/** How long clients with open connections may finish by themselves before idle ones are closed. */
const idleMs = 500
/** For telling requests still open that they failed, and for their clients to read it. */
const answersMs = 1_000
/** PostgreSQL stops in about 0.1 s; after this time it is told to stop immediately, which loses nothing either. */
const postgresMs = 1_500
/** For that immediate stop. */
const postgresKillMs = 200
/** For rolling back interrupted transactions, if PostgreSQL still responds. */
const rollbackMs = 300
/** For the last traces, metrics and logs. */
const telemetryMs = 800
/** For pools, files and the exit of the process itself. */
const restMs = 500

/** For returning unstored messages to the bus, and for the final communication with it. */
const busMs = 3_700
const requestsMs = totalMs - idleMs - answersMs - rollbackMs - postgresMs - postgresKillMs - telemetryMs - restMs

/** How the time between SIGTERM and the end of the process is divided. Running requests get what remains. */
export const stopBudget = {
  totalMs,
  idleMs,
  requestsMs,
  answersMs,
  /** For running bus batches, which in total end no later than requests do. */
  batchesMs: idleMs + requestsMs + answersMs - busMs,
  rollbackMs,
  postgresMs,
  postgresKillMs,
  telemetryMs
} as const
