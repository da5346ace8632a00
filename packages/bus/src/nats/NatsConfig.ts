import type { Redacted } from "effect"

export interface NatsConfig {
  /**
   * Such as `nats://host:4222`; several servers of a cluster separated by commas. May contain user and password, or a
   * token.
   */
  readonly url: Redacted.Redacted
  /** Prefix of the subjects: `<prefix>.events.<topic>`. Default `tracker`. */
  readonly prefix?: string
  /** Connection name shown by the server. Default `durable-effect`. */
  readonly name?: string
}

export const defaultPrefix = "tracker"
