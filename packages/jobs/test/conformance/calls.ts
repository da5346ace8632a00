import type { Effect } from "effect"
import { continuousClient } from "../../src/clients/continuousClient.ts"
import { debounceClient } from "../../src/clients/debounceClient.ts"
import { taskClient } from "../../src/clients/taskClient.ts"
import { workerPoolClient } from "../../src/clients/workerPoolClient.ts"
import type { AnyDefinitions, DeadLetterPage, JobsClientService, JobsError } from "../../src/index.ts"
import { definitionOf } from "../../src/JobRegistry.ts"

/** The client as whoever knows only names has it, and what tells it the types. */
export interface Clients {
  readonly jobs: JobsClientService
  readonly definitions: AnyDefinitions
}

/** A call of a client, as data. */
export interface Call {
  readonly _tag: "Call"
  /** Job type and method. */
  readonly method: string
  readonly run: (clients: Clients) => Effect.Effect<unknown, JobsError>
}

/** Whom a call is about. Default: `a`, of the definition `job`. */
interface Whom {
  readonly name?: string
  readonly id?: string
}

/** What a call that changes something may say besides. */
interface How extends Whom {
  readonly dedupeKey?: string
}

interface Ending extends How {
  readonly reason?: string
}

interface NewItem extends How {
  readonly partitionKey?: string
  readonly priority?: number
}

const call = (method: string, run: Call["run"]): Call => ({ _tag: "Call", method, run })

const split = <H extends How>(how?: H) => {
  const { id = "a", name = "job", ...rest } = how ?? {}
  return { name, args: { id, ...rest } }
}

/** What instances of continuous jobs, debounces and tasks can be asked alike. */
const common = (type: "continuous" | "debounce" | "task") => ({
  terminate: (how?: Ending) => {
    const { args, name } = split(how)
    return call(`${type}.terminate`, ({ jobs }) => jobs[type](name).terminate(args))
  },
  status: (whom?: Whom) => {
    const { args, name } = split(whom)
    return call(`${type}.status`, ({ jobs }) => jobs[type](name).status(args))
  },
  retry: (how?: How) => {
    const { args, name } = split(how)
    return call(`${type}.retry`, ({ jobs }) => jobs[type](name).retry(args))
  },
  discard: (how?: How) => {
    const { args, name } = split(how)
    return call(`${type}.discard`, ({ jobs }) => jobs[type](name).discard(args))
  }
})

export const continuous = {
  ...common("continuous"),
  getState: (whom?: Whom) => {
    const { args, name } = split(whom)
    return call(
      "continuous.getState",
      ({ definitions, jobs }) =>
        continuousClient(jobs.continuous(name), name, definitionOf({ definitions }, name, "Continuous")).getState(args)
    )
  },
  start: (input: unknown, how?: How) => {
    const { args, name } = split(how)
    return call("continuous.start", ({ jobs }) => jobs.continuous(name).start({ ...args, input }))
  },
  trigger: (how?: How) => {
    const { args, name } = split(how)
    return call("continuous.trigger", ({ jobs }) => jobs.continuous(name).trigger(args))
  }
}

export const debounce = {
  ...common("debounce"),
  getState: (whom?: Whom) => {
    const { args, name } = split(whom)
    return call(
      "debounce.getState",
      ({ definitions, jobs }) =>
        debounceClient(jobs.debounce(name), name, definitionOf({ definitions }, name, "Debounce")).getState(args)
    )
  },
  add: (event: unknown, how?: How) => {
    const { args, name } = split(how)
    return call("debounce.add", ({ jobs }) => jobs.debounce(name).add({ ...args, event }))
  },
  flush: (how?: How) => {
    const { args, name } = split(how)
    return call("debounce.flush", ({ jobs }) => jobs.debounce(name).flush(args))
  },
  clear: (how?: How) => {
    const { args, name } = split(how)
    return call("debounce.clear", ({ jobs }) => jobs.debounce(name).clear(args))
  }
}

export const task = {
  ...common("task"),
  getState: (whom?: Whom) => {
    const { args, name } = split(whom)
    return call(
      "task.getState",
      ({ definitions, jobs }) =>
        taskClient(jobs.task(name), name, definitionOf({ definitions }, name, "Task")).getState(args)
    )
  },
  send: (event: unknown, how?: How) => {
    const { args, name } = split(how)
    return call("task.send", ({ jobs }) => jobs.task(name).send({ ...args, event }))
  },
  trigger: (how?: How) => {
    const { args, name } = split(how)
    return call("task.trigger", ({ jobs }) => jobs.task(name).trigger(args))
  }
}

/** A pool has items in place of ids. */
const ofPool = <H extends How>(how?: H) => {
  const { args: { id: _none, ...args }, name } = split(how)
  return { name, args }
}

export const pool = {
  /** Of the event `{ add: 1 }`, unless told otherwise. */
  enqueue: (itemId: string, { event = { add: 1 }, ...how }: NewItem & { readonly event?: unknown } = {}) => {
    const { args, name } = ofPool(how)
    return call("workerPool.enqueue", ({ jobs }) => jobs.workerPool(name).enqueue({ ...args, itemId, event }))
  },
  pause: (how?: How) =>
    call("workerPool.pause", ({ jobs }) => jobs.workerPool(ofPool(how).name).pause(ofPool(how).args)),
  resume: (how?: How) =>
    call("workerPool.resume", ({ jobs }) => jobs.workerPool(ofPool(how).name).resume(ofPool(how).args)),
  drain: (how?: How) =>
    call("workerPool.drain", ({ jobs }) => jobs.workerPool(ofPool(how).name).drain(ofPool(how).args)),
  terminate: (how?: Ending) =>
    call("workerPool.terminate", ({ jobs }) => jobs.workerPool(ofPool(how).name).terminate(ofPool(how).args)),
  cancel: (itemId: string, how?: How) =>
    call("workerPool.cancel", ({ jobs }) => jobs.workerPool(ofPool(how).name).cancel({ ...ofPool(how).args, itemId })),
  retryItem: (itemId: string, how?: How) =>
    call(
      "workerPool.retryItem",
      ({ jobs }) => jobs.workerPool(ofPool(how).name).retryItem({ ...ofPool(how).args, itemId })
    ),
  discardItem: (itemId: string, how?: How) =>
    call(
      "workerPool.discardItem",
      ({ jobs }) => jobs.workerPool(ofPool(how).name).discardItem({ ...ofPool(how).args, itemId })
    ),
  status: (whom?: Whom) => call("workerPool.status", ({ jobs }) => jobs.workerPool(ofPool(whom).name).status()),
  deadLetters: ({ name = "job", ...args }: DeadLetterPage & { readonly name?: string } = {}) => {
    return call(
      "workerPool.deadLetters",
      ({ definitions, jobs }) =>
        workerPoolClient(jobs.workerPool(name), definitionOf({ definitions }, name, "WorkerPool")).deadLetters(
          args
        )
    )
  }
}
