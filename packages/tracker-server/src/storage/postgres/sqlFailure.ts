import { Predicate } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/**
 * What a failed statement means for its caller. `contention`: run the transaction again. `outage`: the store is away,
 * later may help. `defect`: our statement is wrong, no retry cures it.
 */
export type SqlFailure = "contention" | "outage" | "defect"

/** The five characters with which PostgreSQL names an error, such as `23505`. */
export const sqlState = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined
}

// 25006: a standby answers after a failover. 25P03: a transaction did nothing for too long. 53: no memory, disk or connection left. 57P: the server stops or starts.
// 58: the disk failed.
const outage = /^(25006|25P03|53...|57P..|58...)$/

/** The server ended the connection, or the network did. */
export const isConnectionLost = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || /^(25P03|57P..)$/.test(sqlState(error) ?? "")

export const sqlFailure = (error: SqlError): SqlFailure => {
  // Whatever refuses a connection has nothing to do with a statement.
  if (error.reason.operation === "connect") return "outage"
  switch (error.reason._tag) {
    case "DeadlockError":
    case "SerializationError":
      return "contention"
    case "ConnectionError":
    case "AuthenticationError":
    case "LockTimeoutError":
    case "StatementTimeoutError":
      return "outage"
    default:
      return outage.test(sqlState(error) ?? "") ? "outage" : "defect"
  }
}
