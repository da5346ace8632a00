import { Effect } from "effect"
import { HostUnavailable, type JobsHostService } from "../../src/index.ts"

/** A host as one process has it: it may refuse commits for a while, and is gone with the process. */
export const mortal = (host: JobsHostService) => {
  const life = { isOver: false, commits: true }
  const orGone = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | HostUnavailable> =>
    Effect.suspend((): Effect.Effect<A, E | HostUnavailable> =>
      life.isOver ? Effect.fail(new HostUnavailable({ host: "test", problem: "The process is gone." })) : effect
    )
  const service: JobsHostService = {
    name: host.name,
    load: (instanceId) => orGone(host.load(instanceId)),
    commit: (commit) =>
      orGone(Effect.suspend(() =>
        life.commits
          ? host.commit(commit)
          : Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
      )),
    loadEntry: (instanceId, key) => orGone(host.loadEntry(instanceId, key)),
    loadEach: (instanceId, keys) => orGone(host.loadEach(instanceId, keys)),
    loadEntries: (instanceId, range) => orGone(host.loadEntries(instanceId, range)),
    removeExpired: (now) => orGone(host.removeExpired(now)),
    earliestAlarms: (...asked) => orGone(host.earliestAlarms(...asked)),
    heldAlarms: orGone(host.heldAlarms),
    peekOutbox: (limit, after) => orGone(host.peekOutbox(limit, after)),
    ackOutbox: (positions) => orGone(host.ackOutbox(positions))
  }
  return { life, service }
}
