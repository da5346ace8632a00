import type { Cause } from "effect"
import type { JobsError } from "../../errors.ts"
import type { AtEnd, Post } from "./mailbox.ts"

/** The order in which they are applied again. */
const order: ReadonlyArray<AtEnd["of"]> = ["drain", "termination", "successor"]

/** The termination that a post is waiting for, if it is. */
export const terminationOf = (post: Post): AtEnd | undefined => {
  const wait = post.waitsFor()
  return wait?.of === "termination" ? wait : undefined
}

/** The termination that one of these posts is waiting for, if any. */
export const terminationAmong = (posts: ReadonlyArray<Post>): AtEnd | undefined =>
  posts.map(terminationOf).find((termination) => termination !== undefined)

/** The posts of a session whose answer waits for the end of the incarnation. */
export class EndWaiters {
  #posts: ReadonlyArray<Post> = []

  get posts(): ReadonlyArray<Post> {
    return this.#posts
  }

  /** Whether a caller is waiting for the pool to be terminated. */
  get isTerminationAwaited(): boolean {
    return terminationAmong(this.#posts) !== undefined
  }

  /** After a commit: answers these posts and those that have waited, and keeps those that wait from now on. */
  settle(posts: ReadonlyArray<Post>): void {
    const all = [...this.#posts, ...posts]
    for (const post of all) post.settle()
    this.#posts = order.flatMap((kind) => all.filter((post) => post.waitsFor()?.of === kind))
  }

  /** After a failed step: all of them wait as before. */
  revert(): void {
    for (const post of this.#posts) post.revert()
  }

  reject(cause: Cause.Cause<JobsError>): void {
    for (const post of this.#posts) post.reject(cause)
    this.#posts = []
  }
}
