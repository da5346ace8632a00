import { Cause, Predicate } from "effect"
import { ServeError } from "effect/http/HttpServerError"
import { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const rootCause = (error: unknown): unknown =>
  Predicate.hasProperty(error, "cause") && error.cause !== undefined ? rootCause(error.cause) : error

const codeOf = (error: unknown) => Predicate.hasProperty(error, "code") ? error.code : undefined
/** Node omits the port if it was 0, and reports an unresolvable name as `hostname`. */
const hostOf = (error: unknown) =>
  Predicate.hasProperty(error, "hostname")
    ? String(error.hostname)
    : Predicate.hasProperty(error, "address")
    ? String(error.address)
    : "That"
const addressOf = (error: unknown) =>
  Predicate.hasProperty(error, "port") && Predicate.hasProperty(error, "address")
    ? `${String(error.address)}:${String(error.port)}`
    : "that address"

const listenFailure = (cause: unknown): string => {
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return `${
        addressOf(cause)
      } is in use by another program. Stop it, or give another port by --port (0 takes any free one).`
    case "EACCES":
      return `This user may not listen on ${addressOf(cause)}. Give a port above 1023 by --port.`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${hostOf(cause)} is no address of this machine. Give one by --host, such as 127.0.0.1.`
    default:
      return `The server cannot listen: ${messageOf(cause)}. Check --host and --port.`
  }
}

/** Errors that a person can act on carry the sentence about it as their message. */
const isExplained = (error: unknown): error is Error & { readonly _tag: string } =>
  error instanceof Error && Predicate.hasProperty(error, "_tag")

/** One sentence that says what went wrong and what to do. */
export const sentence = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof ServeError) return listenFailure(rootCause(error))
  if (error instanceof StoreUnavailable) {
    return `The database went away: ${messageOf(rootCause(error))}. Start again when it is back.`
  }
  if (isExplained(error) && Cause.hasFails(cause)) return error.message
  return `tracker-server met an error that it does not know: ${messageOf(rootCause(error))}. ` +
    "Run it again with --verbose to see where."
}
