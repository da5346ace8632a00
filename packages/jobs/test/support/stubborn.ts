import { Deferred, Effect, Schema } from "effect"
import { Continuous, createJobRegistry, Debounce, type RetryOptions, Task, WorkerPool } from "../../src/index.ts"
import type { openRuntime } from "./openRuntime.ts"

const Count = Schema.Struct({ n: Schema.Int })

/** User code that hangs the first time that it runs, and cannot be interrupted; `letGo` ends it after all. */
export const stubborn = () => {
  const seen: Array<string> = []
  const left = Deferred.makeUnsafe<void>()
  return {
    /** What has run, told by `what`. */
    seen,
    code: (what: string) =>
      Effect.suspend(() => {
        seen.push(what)
        return seen.length === 1 ? Effect.uninterruptible(Deferred.await(left)) : Effect.void
      }),
    letGo: Deferred.succeed(left, undefined)
  }
}

/** One job of each type on the same user code, which sets the state to 9 when it ends. */
export const stubbornJobs = (retry: RetryOptions) => {
  const { code, letGo, seen } = stubborn()
  const registry = createJobRegistry({
    count: Continuous.make({
      stateSchema: Count,
      schedule: Continuous.every("1 day"),
      retry,
      execute: (ctx) => Effect.andThen(code(ctx.executionId), ctx.setState({ n: 9 }))
    }),
    gather: Debounce.make({
      eventSchema: Count,
      flushAfter: "1 day",
      maxEvents: 1,
      retry,
      execute: (ctx) => code(ctx.executionId)
    }),
    add: Task.make({
      stateSchema: Count,
      eventSchema: Count,
      retry,
      onEvent: (_event, ctx) => Effect.andThen(code(ctx.executionId), ctx.setState({ n: 9 })),
      execute: () => Effect.void
    }),
    pool: WorkerPool.make({
      eventSchema: Count,
      concurrency: 1,
      retry,
      execute: (_event, ctx) => code(ctx.executionId)
    })
  })
  return { registry, letGo, seen }
}

type Client = Effect.Success<
  ReturnType<typeof openRuntime<ReturnType<typeof stubbornJobs>["registry"]["definitions"]>>
>["client"]

const id = "a"
const n = { n: 0 }

/** How each of them is set going, ended, and looked at. */
export const deedsOf: ReadonlyArray<{
  readonly type: string
  readonly instanceId: string
  readonly begin: (client: Client) => Effect.Effect<unknown, unknown>
  readonly terminate: (client: Client) => Effect.Effect<{ readonly terminated: boolean }, unknown>
  readonly isThere: (client: Client) => Effect.Effect<boolean, unknown>
}> = [
  {
    type: "continuous",
    instanceId: "continuous:count:a",
    begin: (client) => client.continuous("count").start({ id, input: n }),
    terminate: (client) => client.continuous("count").terminate({ id }),
    isThere: (client) => Effect.map(client.continuous("count").status({ id }), ({ status }) => status === "running")
  },
  {
    type: "debounce",
    instanceId: "debounce:gather:a",
    begin: (client) => client.debounce("gather").add({ id, event: n }),
    terminate: (client) => client.debounce("gather").terminate({ id }),
    isThere: (client) => Effect.map(client.debounce("gather").status({ id }), ({ status }) => status === "flushing")
  },
  {
    type: "task",
    instanceId: "task:add:a",
    begin: (client) => client.task("add").send({ id, event: n }),
    terminate: (client) => client.task("add").terminate({ id }),
    isThere: (client) => Effect.map(client.task("add").status({ id }), ({ status }) => status === "active")
  },
  {
    type: "workerPool",
    instanceId: "workerPool:pool:0",
    begin: (client) => client.workerPool("pool").enqueue({ itemId: id, event: n }),
    terminate: (client) => client.workerPool("pool").terminate(),
    isThere: (client) => Effect.map(client.workerPool("pool").status(), ({ running }) => running === 1)
  }
]
