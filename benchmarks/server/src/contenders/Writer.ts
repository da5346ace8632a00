/** What a contender is opened with. */
export interface Surroundings {
  /** The server of ours, for who writes to it; else empty. */
  readonly url: string
  readonly apiKey: string
  /** NATS, for who writes to the server over it; else empty. */
  readonly natsUrl: string
  /** PostgreSQL, with a database for this run alone. */
  readonly databaseUrl: string
  /** Events as JSON, see `Tape`. */
  readonly tapeFile: string
  /** Rows of the timeline, see `TimelineRows`. */
  readonly rowsFile: string
  /** Events that are written at once. */
  readonly batch: number
  /** How many write at the same time. */
  readonly connections: number
}

/** A way to write events, each connection a batch at a time. */
export interface Writer {
  /** Resolves once they are stored, to how many that are. */
  readonly write: (connection: number) => Promise<number>
  /** How often it was told to come again later. */
  readonly refused: () => number
  readonly close: () => Promise<void>
}

export type Open = (surroundings: Surroundings) => Promise<Writer>

export const neverRefused = () => 0
