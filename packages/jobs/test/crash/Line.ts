import type { JobEvent } from "@durable-effect/core"

/** What the program that is killed tells, a JSON object a line, before it goes on. */
export type Line =
  /** It makes this call. */
  | { readonly asked: string }
  /** The call was answered. */
  | { readonly acknowledged: string }
  /** The tracker was given these, and is about to say that they are delivered. */
  | { readonly announced: ReadonlyArray<JobEvent> }
  /** It has come to the point where it was to stop, and stands still. */
  | { readonly at: Point }

/** Where it can be told to stop. */
export const points = [
  "before user code",
  "after user code",
  "before a commit",
  "after a commit",
  "while a pool is drained",
  "while a pool is terminated",
  "during a drain"
] as const
export type Point = typeof points[number]

export interface Orders {
  readonly filename: string
  /** How many shards the definition of the pool has whose number of them changes. */
  readonly shards: number
  /** Of the random calls. */
  readonly seed: number
  /** The names of calls that earlier lives have made and got no answer to. */
  readonly unanswered: ReadonlyArray<string>
  /** Stop at the `nth` time that it comes to a point; without it the program goes on until it is killed. */
  readonly stop?: { readonly at: Point; readonly nth: number }
}
