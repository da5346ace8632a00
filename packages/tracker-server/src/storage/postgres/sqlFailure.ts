import { Predicate } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/**
 * What a failed statement means for its caller. `contention`: run the transaction again. `outage`: the store is down,
 * retry later. `defect`: our statement is wrong, retrying cannot help.
 */
export type SqlFailure = "contention" | "outage" | "defect"

/** PostgreSQL's five-character error code (SQLSTATE), such as `23505`. */
export const sqlState = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined
}

// 25006: a standby after a failover. 25P03: idle-in-transaction timeout. 53: out of memory, disk or connections. 57P:
// the server is stopping or starting. 58: disk failure.
const outage = /^(25006|25P03|53...|57P..|58...)$/

const isCausedBy = (error: SqlError, routine: string): boolean =>
  Predicate.hasProperty(error.reason.cause, "routine") && error.reason.cause.routine === routine

/**
 * A prepared statement cannot be used any more: the server has lost it, as behind a pooler, or a migration has changed
 * the columns that it returns. Outside a transaction the driver prepares it again by itself.
 */
export const isStatementLost = (error: SqlError): boolean =>
  sqlState(error) === "26000" || sqlState(error) === "0A000" && isCausedBy(error, "RevalidateCachedQuery")

/** The server closed the connection, or the network did. */
export const isConnectionLost = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || /^(25P03|57P..)$/.test(sqlState(error) ?? "")

export const sqlFailure = (error: SqlError): SqlFailure => {
  // A refused connection has nothing to do with the statement.
  if (error.reason.operation === "connect") return "outage"
  switch (error.reason._tag) {
    case "DeadlockError":
    case "SerializationError":
    // Another transaction has just written the same key. All statements that may meet a stored one allow for it.
    case "UniqueViolation":
      return "contention"
    case "ConnectionError":
    case "AuthenticationError":
    case "LockTimeoutError":
    case "StatementTimeoutError":
      return "outage"
    default:
      if (isStatementLost(error)) return "contention"
      return outage.test(sqlState(error) ?? "") ? "outage" : "defect"
  }
}
