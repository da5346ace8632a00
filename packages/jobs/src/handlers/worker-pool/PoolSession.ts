import { Cause, Clock, Deferred, Effect, Exit, type Fiber } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { Instances } from "../../engine/Instances.ts"
import type { JobMetrics } from "../../engine/JobMetrics.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import { logAnnotations } from "../../engine/logAnnotations.ts"
import { isEmpty, waitingIn } from "../../engine/PoolRecord.ts"
import { HostUnavailable, type JobsError } from "../../errors.ts"
import type { InstanceSteps } from "../../services/InstanceSteps.ts"
import { isTerminating, isWorking, shareOf } from "./decide.ts"
import { type ItemRuns, type ItemRunsOptions, makeItemRuns } from "./itemRuns.ts"
import { type Change, makePost, type Post, type PostOptions } from "./mailbox.ts"
import type { PoolEnds } from "./PoolEnds.ts"
import type { PoolRows } from "./PoolRows.ts"
import { kinds } from "./rows.ts"

/** How long a shard whose step failed begins nothing, milliseconds. */
const pauseAfterTroubleMs = 1000

/** Maximum changes per step: what it holds, and stores at once, must be bounded. */
const postsAtOnce = 500

/** The dependencies of a session. */
export type SessionParts = Pick<ItemRunsOptions, "executions" | "items" | "runFork"> & {
  readonly instances: Instances["Service"]
  readonly steps: InstanceSteps["Service"]
  readonly rows: PoolRows["Service"]
  readonly ends: PoolEnds["Service"]
  readonly metrics: JobMetrics["Service"]
}

export type SessionOptions = Pick<ItemRunsOptions, "definition"> & {
  readonly instanceId: string
  readonly jobName: string
  readonly shard: number
  /** Called after each commit, unless a termination has left nothing. */
  readonly onCommit: (isEmpty: boolean, runs: ItemRuns) => void
  readonly onClose: () => void
}

/**
 * The activity of a shard while it has work in hand. In memory only: the rows tell the next session how to continue.
 */
export interface PoolSession {
  /** Queues a change for the shard's next step, together with others; answered after its commit. */
  readonly submit: <A>(change: Change<A>, options?: PostOptions<A>) => Effect.Effect<A, JobsError>
}

export const makePoolSession = (parts: SessionParts, options: SessionOptions): PoolSession => {
  const { ends, instances, items, metrics, rows, runFork, steps } = parts
  const { definition, instanceId, jobName, shard } = options
  const poolJob = { jobType: "workerPool", jobName } as const
  const concurrency = shareOf(definition, shard)
  const closed = Deferred.makeUnsafe<void>()
  const mailbox: Array<Post> = []
  /** Changes whose answer waits for the end of the incarnation. */
  let drains: Array<Post> = []
  let terminations: Array<Post> = []
  /** Changes to be applied after a termination's end. */
  let successors: Array<Post> = []
  /** The record as last committed. */
  let record: InstanceRecord | undefined
  /** Whether a step has failed, so that what is stored must be read again. */
  let isStale = false
  let isClosed = false
  /** Whether started items may be stored that nobody is running. */
  let mayHaveLost = true
  let state: "open" | "resting" | "stopped" = "open"
  let isInTrouble = false
  let isLooping = false
  let isWoken = false
  let timer: { readonly at: number; readonly fiber: Fiber.Fiber<void> } | undefined

  const wake = () => {
    isWoken = true
    if (isLooping || isClosed) return
    isLooping = true
    runFork(loop)
  }

  const submit = <A>(change: Change<A>, options?: PostOptions<A>) => {
    const { answer, post } = makePost(change, options)
    mailbox.push(post)
    wake()
    return answer
  }

  const trouble = () => {
    mayHaveLost = true
    if (isInTrouble) return
    isInTrouble = true
    const goOn = Effect.sync(() => {
      isInTrouble = false
      wake()
    })
    runFork(Effect.andThen(Effect.sleep(pauseAfterTroubleMs), goOn))
  }

  const runs = makeItemRuns({ ...parts, definition, submit, onLost: trouble, onEnd: wake })

  const isHeld = () => state !== "open" || isInTrouble || terminations.length > 0

  /** Reruns items whose outcome was lost. */
  const recover = Effect.fnUntraced(function*(current: InstanceRecord, runningCount: number, now: number) {
    if (!mayHaveLost) return
    const begun = runningCount === 0
      ? []
      : yield* rows.items(instanceId, { prefix: kinds.run, limit: runningCount })
    const lost = begun.filter(({ value }) => !runs.has(value.itemId))
    const free = Math.max(0, concurrency - runs.size())
    for (const { value } of lost.slice(0, free)) runs.start(value, current, now)
    mayHaveLost = lost.length > free
  })

  /** Starts the items that may begin. */
  const take = Effect.gen(function*() {
    if (isHeld() || !isWorking(record) || (yield* Effect.isFailure(instances.admit))) return
    const now = yield* Clock.currentTimeMillis
    const current = record
    yield* recover(current, current.pool.running, now)
    const free = concurrency - runs.size()
    const taken = runs.uncommitted()
    if (free <= 0 || current.pool.ready <= taken) return
    const ready = yield* rows.items(instanceId, { prefix: kinds.ready, limit: taken + free })
    const next = ready.filter(({ value }) => !runs.has(value.itemId)).slice(0, free)
    for (const { value } of next) runs.start(value, current, now)
  }).pipe(Effect.catchCause((cause) => {
    trouble()
    return Effect.logError("The items that wait cannot be read", cause).pipe(
      Effect.annotateLogs(logAnnotations(instanceId, record))
    )
  }))

  const waiting = () => [...drains, ...terminations, ...successors]

  /** Gives answers after a commit, and keeps those still waiting. */
  const settle = (posts: ReadonlyArray<Post>) => {
    const all = [...waiting(), ...posts]
    for (const post of all) post.settle()
    drains = all.filter((post) => post.waitsFor()?.of === "drain")
    terminations = all.filter((post) => post.waitsFor()?.of === "termination")
    successors = all.filter((post) => post.waitsFor()?.of === "successor")
    if (terminations.length === 0) return
    runs.interrupt("terminate")
    wake()
  }

  /** Applies waiting changes, and ends the incarnation when it is time. Returns whether that was by termination. */
  const apply = Effect.fnUntraced(function*(step: JobStep, posts: ReadonlyArray<Post>) {
    yield* rows.readAhead(step, posts.flatMap(({ reads }) => reads))
    yield* items.wakeRetries(step)
    const all = [...waiting(), ...posts]
    const findTermination = () => all.map((post) => post.waitsFor()).find((wait) => wait?.of === "termination")
    const isEnding = () => isTerminating(step.record) || findTermination() !== undefined
    for (const post of posts) yield* post.apply(step, { ended: undefined, isEnding, isTaken: runs.has })
    const termination = findTermination()
    const pool = step.record?.pool
    const isTerminated = runs.size() === 0 && (termination !== undefined || isTerminating(step.record))
    if (!isTerminated && !(pool?.draining === true && isEmpty(pool))) return false
    const asking = all.filter((post) =>
      post.waitsFor()?.of === "drain" || (isTerminated && post.waitsFor() !== undefined)
    )
    if (pool !== undefined) yield* isTerminated ? ends.purge(step, termination?.reason) : ends.drain(step)
    const ended = pool === undefined ? undefined : { processed: pool.processed }
    for (const post of asking) yield* post.apply(step, { ended, isEnding: () => false, isTaken: runs.has })
    return isTerminated
  })

  /** Processes what waits in the mailbox, in one step. */
  const turn = Effect.fnUntraced(function*(posts: ReadonlyArray<Post>) {
    let after: InstanceRecord | undefined
    const body = (step: JobStep) =>
      Effect.tap(apply(step, posts), () =>
        Effect.sync(() => {
          after = step.record
        }))
    const exit = yield* Effect.exit(
      steps.run(instanceId, (step) => ends.orQuarantine(step, body(step)), { turn: "attend" })
        .pipe(Effect.annotateLogs({ instanceId }))
    )
    if (Exit.isFailure(exit)) {
      for (const post of waiting()) post.revert()
      for (const post of posts) post.refuse(exit.cause)
      record = undefined
      isStale = true
      return trouble()
    }
    record = after
    isStale = false
    runs.countFrom(record)
    settle(posts)
    metrics.queueIs(poolJob, instanceId, record?.pool === undefined ? 0 : waitingIn(record.pool))
    if (!exit.value || record !== undefined) options.onCommit(record?.pool === undefined || isEmpty(record.pool), runs)
  })

  const isTurnDue = (now: number) =>
    !isInTrouble && (
      (isStale && state === "open") ||
      (runs.size() === 0 && (terminations.length > 0 || isTerminating(record))) ||
      (!isHeld() && isWorking(record) && record.alarm !== null && record.alarm.at <= now)
    )

  /** Ensures that the first pending retry is taken on time, while the alarm runner leaves that to us. */
  const setTimer = (now: number) => {
    const at = !isHeld() && isWorking(record) ? record.alarm?.at : undefined
    if (at === timer?.at) return
    timer?.fiber.interruptUnsafe()
    timer = at === undefined
      ? undefined
      : { at, fiber: runFork(Effect.andThen(Effect.sleep(Math.max(0, at - now)), Effect.sync(wake))) }
  }

  const isIdle = () =>
    runs.size() + runs.followers() === 0 && (state !== "open" || (!isInTrouble && waiting().length === 0))

  const loop: Effect.Effect<void> = Effect.gen(function*() {
    while (true) {
      // Changes that arrive in the same turn of the scheduler share a step.
      yield* Effect.yieldNow
      isWoken = false
      const posts = mailbox.splice(0, postsAtOnce)
      if (posts.length > 0 || isTurnDue(yield* Clock.currentTimeMillis)) yield* turn(posts)
      yield* take
      const now = yield* Clock.currentTimeMillis
      // No yielding from here on.
      if (isWoken || mailbox.length > 0) continue
      isLooping = false
      if (isIdle()) close()
      else setTimer(now)
      return
    }
  })

  const close = () => {
    isClosed = true
    timer?.fiber.interruptUnsafe()
    const problem = `The jobs runtime was shut down while ${instanceId} was waited for. Ask again after a restart.`
    for (const post of waiting()) post.refuse(Cause.fail(new HostUnavailable({ host: "runtime", problem })))
    drains = []
    terminations = []
    successors = []
    options.onClose()
    release()
    Deferred.doneUnsafe(closed, Exit.void)
  }

  const release = instances.attend(instanceId, {
    rest: Effect.suspend(() => {
      state = "resting"
      wake()
      return Deferred.await(closed)
    }),
    stop: () => {
      state = "stopped"
      runs.interrupt("shutdown")
      runs.interruptFollowers()
      wake()
    }
  })

  return { submit }
}
