import type { JobType } from "@durable-effect/core"

/** The instance a request is about. */
export interface Target<T extends JobType> {
  readonly type: T
  /** The definition's name in the registry. */
  readonly name: string
  /** The caller's id of the instance: any text that makes an instance id of at most 255 bytes. */
  readonly id: string
}

/** Further fields of every request that changes something. */
export interface Mutation {
  /**
   * Makes the call safe to repeat for 24 hours: a repeat with the same key returns the first call's answer, and does
   * nothing else. The key belongs to the instance and the method; with a different body it is a `DedupeConflict`. If a
   * crash interrupted the run that the first call began, a repeat is answered by the run that makes up for it. 1 to 255
   * characters, without NUL or lone surrogates.
   */
  readonly dedupeKey?: string
  /** The incarnation of the calling job. */
  readonly parentIncarnationId?: string
}

/** The request of an action among those of one job type, determined by the action alone. */
export type RequestOf<Requests, A extends keyof Requests> = { readonly action: A } & Requests[NoInfer<A>]
