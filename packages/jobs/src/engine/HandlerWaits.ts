import { Effect } from "effect"
import { InvalidInput } from "../errors.ts"
import type { RunningJob } from "./CurrentJob.ts"
import { instanceOfNode, makeWaitGraph, visitorOf } from "./WaitGraph.ts"

/** The part of an instance from which user code makes a call; undefined for a call from elsewhere. */
export type Caller = string | undefined

export const callerOf = (job: RunningJob | undefined): Caller => {
  if (job === undefined || job.hasEnded()) return undefined
  return job.isVisitor === true ? visitorOf(job.instanceId) : job.instanceId
}

/** The calls that handlers wait for. None of them may wait for its own handler to end, so they form no cycle. */
export class HandlerWaits {
  readonly #graph = makeWaitGraph()

  /** Why this caller must not wait for `target`; undefined if it may. */
  #problemOf(caller: string, target: string): InvalidInput | undefined {
    if (!this.#graph.leads(target, caller)) return undefined
    const instanceId = instanceOfNode(target)
    const problem = caller === instanceId
      ? "its own handler makes this call and would wait for itself to end"
      : `its handler waits for ${instanceOfNode(caller)}, which makes this call, so that both would wait for ever`
    return new InvalidInput({ target: instanceId, field: "id", problem })
  }

  /**
   * Begins what the caller then waits for: a `target`, which is an instance or the visitors of one. The wait is known
   * before it begins, since what is begun may immediately wait for the caller.
   */
  during<A, E>(
    caller: Caller,
    target: string,
    begin: () => Effect.Effect<A, E>
  ): Effect.Effect<A, E | InvalidInput> {
    return caller === undefined ? begin() : Effect.acquireUseRelease(
      Effect.suspend(() => {
        const problem = this.#problemOf(caller, target)
        if (problem !== undefined) return Effect.fail(problem)
        this.#graph.add(caller, target)
        return Effect.succeed(begin())
      }),
      (answer) => answer,
      () => Effect.sync(() => this.#graph.remove(caller, target))
    )
  }
}
