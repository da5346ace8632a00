/** What a contender is opened with. */
export interface Surroundings {
  /** A folder on disk, empty. */
  readonly folder: string
  /** URL of the server that the contender needs; empty when it needs none. */
  readonly server: string
  /** The sink, for those that tell events. */
  readonly sink: { readonly url: string; readonly arrivalsPath: string } | undefined
  /** To be called first thing in the handler of each job. */
  readonly begun: (index: number) => void
}

/** A library under test, ready to take jobs and to execute them in this process. */
export interface Runner {
  /** Hands in one job by one call; resolves with the call's answer. */
  readonly submit: (index: number) => Promise<unknown>
  /** Resolves once so many jobs, counted from the beginning, have been executed and their end is stored. */
  readonly settled: (jobs: number) => Promise<void>
  /** Resolves once the sink has all events of so many jobs, counted from the beginning. */
  readonly delivered?: (jobs: number) => Promise<void>
  readonly close: () => Promise<void>
}

export type Open = (surroundings: Surroundings) => Promise<Runner>

/** How many jobs run at the same time, with those who let that be set. */
export const concurrency = 100

/** What a job brings with it. */
export interface Payload {
  readonly index: number
}
