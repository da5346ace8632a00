import { Cause, Clock, Deferred, Effect, Exit } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { Instances } from "../../engine/Instances.ts"
import type { JobMetrics } from "../../engine/JobMetrics.ts"
import { logAnnotations } from "../../engine/logAnnotations.ts"
import { isEmpty, waitingIn } from "../../engine/PoolRecord.ts"
import { HostUnavailable, type JobsError } from "../../errors.ts"
import { isTerminating, shareOf } from "./decide.ts"
import { EndWaiters } from "./EndWaiters.ts"
import { Followers } from "./Followers.ts"
import { type ItemRunsOptions, makeItemRuns } from "./itemRuns.ts"
import { makeItemStarts } from "./itemStarts.ts"
import { type Change, makePost, type Post, type PostOptions } from "./mailbox.ts"
import type { PoolRows } from "./PoolRows.ts"
import type { PoolSteps } from "./PoolSteps.ts"
import { makeRounds } from "./rounds.ts"
import {
  isEndDue,
  isIdle,
  isStepDue,
  type Occurrence,
  type Phase,
  phaseAfter,
  recordAtWork,
  retryDueAt,
  type Situation,
  type Stored
} from "./sessionPhase.ts"

/** How long a shard whose step failed begins nothing, milliseconds. */
const pauseAfterTroubleMs = 1000

/** Maximum changes per step: what it holds, and stores at once, must be bounded. */
const postsAtOnce = 500

/** The dependencies of a session. */
export type SessionParts = Pick<ItemRunsOptions, "executions" | "attempts" | "runFork"> & {
  readonly instances: Instances["Service"]
  readonly steps: PoolSteps["Service"]
  readonly rows: PoolRows["Service"]
  readonly metrics: JobMetrics["Service"]
}

export type SessionOptions = Pick<ItemRunsOptions, "definition"> & {
  readonly instanceId: string
  readonly jobName: string
  readonly shard: number
  /** Called after each commit, unless the incarnation is terminating or has ended. */
  readonly onCommit: (isEmpty: boolean, followers: Followers) => void
  readonly onClose: () => void
}

/**
 * The activity of a shard while it has work in hand. In memory only: the rows tell the next session how to continue.
 * What it may do, and when it is over, is decided in `sessionPhase.ts`; here it is carried out, in rounds: a step for
 * what is in the mailbox, then the start of the items that may begin.
 */
export interface PoolSession {
  /** Queues a change for the shard's next step, together with others; answered after its commit. */
  readonly submit: <A>(change: Change<A>, options?: PostOptions<A>) => Effect.Effect<A, JobsError>
}

export const makePoolSession = (parts: SessionParts, options: SessionOptions): PoolSession => {
  const { instances, metrics, rows, runFork, steps } = parts
  const { definition, instanceId, jobName, shard } = options
  const poolJob = { jobType: "workerPool", jobName } as const
  const closed = Deferred.makeUnsafe<void>()
  const mailbox: Array<Post> = []
  const waiters = new EndWaiters()
  let phase: Phase = "working"
  let stored: Stored = { _tag: "Unread" }

  const wake = () => {
    if (phase !== "closed") wakeRounds()
  }

  const submit = <A>(change: Change<A>, postOptions?: PostOptions<A>) => {
    const { answer, post } = makePost(change, postOptions)
    mailbox.push(post)
    wake()
    return answer
  }

  /** Returns whether this leads to another phase. */
  const happens = (occurrence: Occurrence): boolean => {
    const before = phase
    phase = phaseAfter(before, occurrence)
    return phase !== before
  }

  const trouble = () => {
    starts.suspectLoss()
    if (!happens("trouble")) return
    const goOn = Effect.sync(() => {
      if (happens("pauseOver")) wake()
    })
    runFork(Effect.andThen(Effect.sleep(pauseAfterTroubleMs), goOn))
  }

  const followers = new Followers(runFork, wake)
  const runs = makeItemRuns({ ...parts, definition, submit, followers, onLost: trouble, onEnd: wake })
  const starts = makeItemStarts({
    instanceId,
    concurrency: shareOf(definition, shard),
    rows,
    runs,
    mayStart: () => phase === "working"
  })

  const situation = (): Situation => ({
    phase,
    stored,
    running: runs.size(),
    following: followers.size,
    waiting: waiters.posts.length,
    isTerminationAwaited: waiters.isTerminationAwaited
  })

  const startItems = Effect.gen(function*() {
    const record = recordAtWork(situation())
    if (record === undefined || (yield* Effect.isFailure(instances.admit))) return
    yield* starts.startNext(record).pipe(Effect.catchCause((cause) => {
      trouble()
      return Effect.logError("The items that wait cannot be read", cause).pipe(
        Effect.annotateLogs(logAnnotations(instanceId, record))
      )
    }))
  })

  /** Runs a step, and answers the changes that were to be applied in it, and those that waited for what it does. */
  const runStep = Effect.fnUntraced(function*(
    step: Effect.Effect<InstanceRecord | undefined, JobsError>,
    posts: ReadonlyArray<Post> = []
  ) {
    const exit = yield* Effect.exit(step)
    if (Exit.isFailure(exit)) {
      waiters.revert()
      for (const post of posts) post.reject(exit.cause)
      stored = { _tag: "Unread" }
      return trouble()
    }
    const record = exit.value
    stored = { _tag: "Read", record }
    runs.countFrom(record)
    waiters.settle(posts)
    if (waiters.isTerminationAwaited) {
      runs.interrupt("terminate")
      wake()
    }
    metrics.queueIs(poolJob, instanceId, record?.pool === undefined ? 0 : waitingIn(record.pool))
    if (record?.pool !== undefined && !isTerminating(record)) options.onCommit(isEmpty(record.pool), followers)
  })

  const round = Effect.gen(function*() {
    const posts = mailbox.splice(0, postsAtOnce)
    const now = yield* Clock.currentTimeMillis
    if (posts.length > 0 || isStepDue(situation(), now)) {
      yield* runStep(steps.apply(instanceId, { posts, waiting: waiters.posts, runs }), posts)
    }
    if (isEndDue(situation())) yield* runStep(steps.end(instanceId, { waiting: waiters.posts, runs }))
    yield* startItems
    if (mailbox.length > 0) wake()
  })

  const close = () => {
    happens("idle")
    const problem = `The jobs runtime was shut down while ${instanceId} was waited for. Ask again after a restart.`
    waiters.reject(Cause.fail(new HostUnavailable({ host: "runtime", problem })))
    options.onClose()
    release()
    Deferred.doneUnsafe(closed, Exit.void)
  }

  const wakeRounds = makeRounds({
    runFork,
    round,
    onAsleep: () => {
      if (isIdle(situation())) close()
      return retryDueAt(situation())
    }
  })

  const release = instances.attend(instanceId, {
    rest: Effect.suspend(() => {
      happens("shutdown")
      wake()
      return Deferred.await(closed)
    }),
    stop: () => {
      happens("shutdown")
      runs.interrupt("shutdown")
      followers.stop()
      wake()
    }
  })

  return { submit }
}
