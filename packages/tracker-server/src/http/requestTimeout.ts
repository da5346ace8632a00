import { Context, Duration } from "effect"

/**
 * How long a client may take to send one request, head and body: enough for 5 MiB over 1 Mbit/s, and a limit for
 * clients that never finish. Default 60 s.
 */
export const RequestTimeout = Context.Reference<Duration.Duration>(
  "@durable-effect/tracker-server/http/RequestTimeout",
  { defaultValue: () => Duration.seconds(60) }
)
