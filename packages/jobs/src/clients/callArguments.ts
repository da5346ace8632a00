/** What every call on an instance says. */
export interface OfInstance {
  /** The caller's id of the instance. */
  readonly id: string
}

/** What every call that changes something may say besides. */
export interface Repeatable {
  /** Makes the call safe to repeat for 24 hours: a repeat answers what the first one answered, and does nothing else. */
  readonly dedupeKey?: string
}

export type Changing = OfInstance & Repeatable
