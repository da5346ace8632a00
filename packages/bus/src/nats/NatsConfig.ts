import type { Redacted } from "effect"

export interface NatsConfig {
  /** Such as `nats://host:4222`; several servers of a cluster with commas between. May hold user and password, or a token. */
  readonly url: Redacted.Redacted
  /** What the subjects begin with: `<prefix>.events.<topic>`. Default `tracker`. */
  readonly prefix?: string
  /** What the server calls the connection. Default `durable-effect`. */
  readonly name?: string
}

export const defaultPrefix = "tracker"
