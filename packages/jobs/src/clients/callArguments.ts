/** Arguments of every call on an instance. */
export interface OfInstance {
  /** The caller's id of the instance. */
  readonly id: string
}

/** Further arguments of every call that changes something. */
export interface Repeatable {
  /** Makes the call safe to repeat for 24 hours: a repeat returns the first call's answer, and does nothing else. */
  readonly dedupeKey?: string
}

export type Changing = OfInstance & Repeatable
