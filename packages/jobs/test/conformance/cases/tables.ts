import type { Table } from "../Case.ts"
import { alarmsTable } from "./alarms.ts"
import { badInputTable } from "./badInput.ts"
import { badStorageTable } from "./badStorage.ts"
import { catchUpTable } from "./catchUp.ts"
import { continuousTable } from "./continuous.ts"
import { deadLettersTable } from "./deadLetters.ts"
import { debounceTable } from "./debounce.ts"
import { dedupeTable } from "./dedupe.ts"
import { dedupeKeysTable } from "./dedupeKeys.ts"
import { exhaustionTable } from "./exhaustion.ts"
import { flushEndsTable } from "./flushEnds.ts"
import { flushingTable } from "./flushing.ts"
import { flushRetriesTable } from "./flushRetries.ts"
import { fromInsideTable } from "./fromInside.ts"
import { itemRetriesTable } from "./itemRetries.ts"
import { keptTable } from "./kept.ts"
import { keptContinuousTable } from "./keptContinuous.ts"
import { leftBehindTable } from "./leftBehind.ts"
import { nextBufferTable } from "./nextBuffer.ts"
import { noRetryTable } from "./noRetry.ts"
import { poolCallsTable } from "./poolCalls.ts"
import { poolEndsTable } from "./poolEnds.ts"
import { poolsTable } from "./pools.ts"
import { recoveryTable } from "./recovery.ts"
import { recoveryOfAllTable } from "./recoveryOfAll.ts"
import { retriesTable } from "./retries.ts"
import { runningTable } from "./running.ts"
import { schedulesTable } from "./schedules.ts"
import { shutdownTable } from "./shutdown.ts"
import { taskEndsTable } from "./taskEnds.ts"
import { taskErrorsTable } from "./taskErrors.ts"
import { taskFailuresTable } from "./taskFailures.ts"
import { taskHandlersTable } from "./taskHandlers.ts"
import { taskRetriesTable } from "./taskRetries.ts"
import { tasksTable } from "./tasks.ts"

/** Every area. */
export const tables: ReadonlyArray<Table> = [
  continuousTable,
  runningTable,
  fromInsideTable,
  schedulesTable,
  catchUpTable,
  retriesTable,
  exhaustionTable,
  noRetryTable,
  keptContinuousTable,
  keptTable,
  debounceTable,
  flushingTable,
  nextBufferTable,
  flushRetriesTable,
  flushEndsTable,
  tasksTable,
  taskHandlersTable,
  taskEndsTable,
  taskRetriesTable,
  taskFailuresTable,
  taskErrorsTable,
  poolsTable,
  poolCallsTable,
  poolEndsTable,
  itemRetriesTable,
  deadLettersTable,
  dedupeTable,
  dedupeKeysTable,
  recoveryTable,
  recoveryOfAllTable,
  alarmsTable,
  shutdownTable,
  leftBehindTable,
  badInputTable,
  badStorageTable
]
