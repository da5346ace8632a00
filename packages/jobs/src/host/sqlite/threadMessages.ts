import type { FileFailure, ReadOutcome, ReadRequest, WriteOutcome, WriteRequest } from "./requests.ts"

/** What is asked of the thread at once. */
export interface ToThread {
  readonly reads: ReadonlyArray<ReadRequest>
  readonly writes: ReadonlyArray<WriteRequest>
  /** The last message. */
  readonly close: boolean
}

/**
 * What the thread tells: once how the opening went, then the outcomes of reads and of writes, each in order. Mostly there is
 * nothing to answer, or a number, which stand for themselves: an object for each would cost more.
 */
export type FromThread =
  | { readonly _tag: "Opened" }
  | { readonly _tag: "NotOpened"; readonly failure: FileFailure }
  | { readonly _tag: "Read"; readonly outcomes: ReadonlyArray<ReadOutcome | undefined> }
  | { readonly _tag: "Written"; readonly outcomes: ReadonlyArray<WriteOutcome | number | undefined> }
