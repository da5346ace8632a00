import { Effect, type Layer } from "effect"
import { type HostUnavailable, JobsHost } from "../../src/index.ts"
import { adding, type GivenTask, threeAttempts } from "./taskDefinitions.ts"

/** What an event tells that is handled well and schedules nothing. */
export const handled = [
  "task.event.received",
  "execution.started(event 1)",
  "task.idle(onEvent)",
  "execution.succeeded",
  "task.event.processed(true)"
]

/** Notes the events it handles; what is negative fails until it is told to heal. */
export const noting = (given: GivenTask = {}) => {
  const log: Array<string> = []
  const world = { isHealed: false }
  const definition = adding({
    retry: threeAttempts,
    onEvent: ({ add }, ctx) =>
      Effect.gen(function*() {
        log.push(`${add}.${ctx.attempt}`)
        if (add < 0 && !world.isHealed) return yield* Effect.fail("no")
        const state = yield* ctx.state
        yield* ctx.setState({ n: (state?.n ?? 0) + add })
      }),
    ...given
  })
  return { definition, log, world }
}

/** Of the instance `a`. */
export const rowsOf = (host: Layer.Layer<JobsHost, HostUnavailable>) =>
  Effect.flatMap(JobsHost, (service) => service.loadEntries("task:job:a", { prefix: "backlog:", limit: 99 })).pipe(
    Effect.provide(host)
  )
