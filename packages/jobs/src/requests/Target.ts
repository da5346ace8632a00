import type { JobType } from "@durable-effect/core"

/** Whom a request is about. */
export interface Target<T extends JobType> {
  readonly type: T
  /** The definition's name in the registry. */
  readonly name: string
  /** The caller's id of the instance: any text that makes an instance id of at most 255 bytes. */
  readonly id: string
}

/** What every call that changes something may say. */
export interface Mutation {
  /**
   * Makes the call safe to repeat for 24 hours: a repeat with the same key answers what the first one answered, and does
   * nothing else. The key is of the instance and the method; with another body it is a `DedupeConflict`. When a crash has
   * cut off the run that the first one began, a repeat is answered by that run, which is made up for. 1 to 255 characters,
   * neither NUL nor half a surrogate pair among them.
   */
  readonly dedupeKey?: string
  /** The incarnation of the job that asks. */
  readonly parentIncarnationId?: string
}

/** The request of an action among those of one job type; the action alone tells which. */
export type RequestOf<Requests, A extends keyof Requests> = { readonly action: A } & Requests[NoInfer<A>]
