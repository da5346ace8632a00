import { Effect, Schema } from "effect"
import {
  Continuous,
  type ContinuousOptions,
  Debounce,
  type DebounceOfState,
  type ExecutionFacts,
  type JobsClient,
  Task,
  type TaskContext,
  type TaskOptions,
  WorkerPool,
  type WorkerPoolOptions
} from "../../src/index.ts"
import type { SelfContained } from "../support/openRuntime.ts"
import { perform, type Script } from "./deeds.ts"
import { compact, lastOf } from "./tell.ts"
import type { World } from "./World.ts"

type CountSchema = Schema.Codec<{ readonly n: number }>
type AddSchema = Schema.Codec<{ readonly add: number }>

/** The state of all jobs. */
export const Count: CountSchema = Schema.Struct({ n: Schema.Int })
/** What events and items are. */
export const Add: AddSchema = Schema.Struct({ add: Schema.Int })
/** A state of a later program, which knows nothing below 100. */
export const BigCount: CountSchema = Schema.Struct({ n: Schema.Int.check(Schema.isGreaterThanOrEqualTo(100)) })

/** An event or item of that program. */
export const BigAdd: AddSchema = Schema.Struct({ add: Schema.Int.check(Schema.isGreaterThanOrEqualTo(100)) })

/** A definition whose user code does what its scripts say. */
export type Scripted = (world: World) => SelfContained[string]

const see = (world: World, handler: string, facts: ExecutionFacts, more: string, state: unknown) => {
  const { attempt, executionId, id, isRetry, runCount } = facts
  const who = id === "a" || id === "0" ? "" : `${id}/ `
  const retry = isRetry === attempt > 1 ? "" : ` isRetry=${isRetry}`
  const of = state === undefined ? "" : ` on ${compact(state)}`
  world.saw.push(`${who}${handler} ${lastOf(executionId)} attempt=${attempt} runCount=${runCount}${retry}${more}${of}`)
}

type Given<Options> = Partial<Options> & {
  /** What `execute` does, run by run. */
  readonly runs?: Script
}

/** Counts its runs in its state, every minute. */
export const aContinuous =
  ({ runs = [], ...given }: Given<ContinuousOptions<CountSchema, unknown, JobsClient>> = {}): Scripted => (world) =>
    Continuous.make<CountSchema, unknown, JobsClient>({
      stateSchema: Count,
      schedule: Continuous.every("1 minute"),
      execute: (ctx) =>
        Effect.gen(function*() {
          see(world, "execute", ctx, "", yield* ctx.state)
          yield* perform(world.next(runs), { ...ctx, world, work: ctx.updateState(({ n }) => ({ n: n + 1 })) })
        }),
      ...given
    })

type Debounced = DebounceOfState<AddSchema, CountSchema, unknown, JobsClient, unknown, JobsClient>

/** Adds events up and flushes them 10 s after the first. */
export const aDebounce = ({ events, runs = [], ...given }: Given<Debounced> & {
  /** What `onEvent` does, event by event. Default: adds. */
  readonly events?: Script
} = {}): Scripted =>
(world) =>
  Debounce.make<AddSchema, CountSchema, unknown, JobsClient, unknown, JobsClient>({
    eventSchema: Add,
    stateSchema: Count,
    flushAfter: "10 seconds",
    onEvent: ({ event, eventCount, state }) =>
      Effect.gen(function*() {
        let left = { n: (state?.n ?? 0) + event.add }
        if (events !== undefined) {
          world.saw.push(`onEvent ${eventCount} ${compact(event)} on ${compact(state)}`)
          yield* perform(world.next(events), {
            world,
            work: Effect.void,
            setState: (state) => Effect.sync(() => void (left = state)),
            terminate: () => Effect.never,
            progress: () => Effect.void
          })
        }
        return left
      }),
    execute: (ctx) =>
      Effect.gen(function*() {
        const { debounceStartedAt, eventCount, flushReason } = ctx
        const more = ` eventCount=${eventCount} debounceStartedAt=${debounceStartedAt} flushReason=${flushReason}`
        see(world, "execute", ctx, more, yield* ctx.state)
        yield* perform(world.next(runs), { ...ctx, world, work: Effect.void })
      }),
    ...given
  })

/** The same without `onEvent`: the latest event is the state. */
export const aDebounceOfLatest = (): Scripted => () =>
  Debounce.make({ eventSchema: Count, flushAfter: "10 seconds", execute: () => Effect.void })

interface TaskScripts {
  /** What `onEvent` does, event by event. */
  readonly events?: Script
  /** What `onIdle` does; without it there is none. */
  readonly idles?: Script
  /** What `onError` does; without it there is none. Its work sets 99. */
  readonly errors?: Script
}

type TaskGiven = Partial<TaskOptions<CountSchema, AddSchema, JobsClient, JobsClient, JobsClient, JobsClient>>

/** Adds what events say; its `execute` makes ten times as much. Schedules nothing by itself. */
export const aTask =
  ({ errors, events = [], idles, runs = [], ...given }: Given<TaskGiven> & TaskScripts = {}): Scripted => (world) => {
    const handle =
      (handler: string, script: Script, next: (n: number) => number) =>
      (ctx: TaskContext<{ readonly n: number }>, told = "") =>
        Effect.gen(function*() {
          const before = yield* ctx.state
          const { createdAt, eventCount, executeCount, isFirstEvent } = ctx
          const more = `${told} eventCount=${eventCount}${isFirstEvent ? " isFirstEvent" : ""} ` +
            `executeCount=${executeCount} createdAt=${createdAt} scheduled=${yield* ctx.getScheduledTime}`
          see(world, handler, ctx, more, before)
          yield* perform(world.next(script), {
            ...ctx,
            world,
            work: handler === "onIdle" ? Effect.void : ctx.setState({ n: next(before?.n ?? 0) }),
            schedule: ctx
          })
        })
    const execute = handle("execute", runs, (n) => n * 10)
    const onIdle = idles === undefined ? undefined : handle("onIdle", idles, (n) => n)
    const onError = errors === undefined ? undefined : handle("onError", errors, () => 99)
    return Task.make<CountSchema, AddSchema, JobsClient, JobsClient, JobsClient, JobsClient>({
      stateSchema: Count,
      eventSchema: Add,
      onEvent: ({ add }, ctx) => handle("onEvent", events, (n) => n + add)(ctx, ` add=${add}`),
      execute: (ctx) => execute(ctx),
      ...(onIdle === undefined ? {} : { onIdle: (ctx) => onIdle(ctx) }),
      ...(onError === undefined ? {} : { onError: (error, ctx) => onError(ctx, ` ${String(error)}`) }),
      ...given
    })
  }

type PoolGiven = Partial<WorkerPoolOptions<AddSchema, unknown, JobsClient, unknown, JobsClient, unknown, JobsClient>>

/** Does nothing with one item at a time. */
export const aPool = ({ items = {}, ...given }: PoolGiven & {
  /** What is done with an item, attempt by attempt. */
  readonly items?: { readonly [itemId: string]: Script }
} = {}): Scripted =>
(world) =>
  WorkerPool.make<AddSchema, unknown, JobsClient, unknown, JobsClient, unknown, JobsClient>({
    eventSchema: Add,
    concurrency: 1,
    execute: ({ add }, ctx) =>
      Effect.gen(function*() {
        const { itemId, partitionKey } = ctx
        const more = ` itemId=${itemId}${partitionKey === undefined ? "" : ` partitionKey=${partitionKey}`} add=${add}`
        see(world, "execute", ctx, more, undefined)
        const script = items[itemId]
        yield* perform(script === undefined ? "works" : world.next(script), {
          ...ctx,
          world,
          work: Effect.void,
          setState: () => Effect.void
        })
      }),
    onDeadLetter: (event, error) =>
      Effect.sync(() => world.saw.push(`onDeadLetter ${compact(event)} ${error.name}(${error.message})`)),
    onEmpty: () => Effect.sync(() => world.saw.push("onEmpty")),
    ...given
  })
