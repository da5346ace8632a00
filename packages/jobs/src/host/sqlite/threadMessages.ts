import type { FileFailure, ReadOutcome, ReadRequest, WriteOutcome, WriteRequest } from "./requests.ts"

/** A batch of requests to the thread. */
export interface ToThread {
  readonly reads: ReadonlyArray<ReadRequest>
  readonly writes: ReadonlyArray<WriteRequest>
  /** Whether this is the last message. */
  readonly close: boolean
}

/**
 * Messages from the thread: first how opening went, then the outcomes of reads and of writes, each in order. Usually an
 * outcome is empty or a number, sent as is: an object for each would cost more.
 */
export type FromThread =
  | { readonly _tag: "Opened" }
  | { readonly _tag: "NotOpened"; readonly failure: FileFailure }
  | { readonly _tag: "Read"; readonly outcomes: ReadonlyArray<ReadOutcome | undefined> }
  | { readonly _tag: "Written"; readonly outcomes: ReadonlyArray<WriteOutcome | number | undefined> }
