import { createInMemoryTracker, type EventTrackerService, JobEvent } from "@durable-effect/core"
import { Context, Duration, Effect, Exit, Fiber, Layer, Logger, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, JobsHost } from "../../src/index.ts"
import { allAlarms } from "../support/allAlarms.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import type { Storage } from "../support/storages.ts"
import type { Call } from "./calls.ts"
import type { Case, Jobs, Outcome, Step } from "./Case.ts"
import { left } from "./left.ts"
import { mortal } from "./mortal.ts"
import { becauseLines, errorLine, eventLines } from "./tell.ts"
import { World } from "./World.ts"

const turns = Effect.repeat(Effect.yieldNow, { times: 40 })

/** Digests of dedupe keys are made on other threads; one that was asked for later is done later. */
const digested = Effect.promise(() => crypto.subtle.digest("SHA-256", new Uint8Array(4096)))

/** All has been done that can be done at this instant: commits of hosts in this process end within their turn. */
const settled = Effect.all([turns, digested, turns], { discard: true })

/** An answer without what tells where this repository is. */
const withoutStacks = (answer: unknown): unknown => {
  if (Array.isArray(answer)) return answer.map(withoutStacks)
  if (typeof answer !== "object" || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).flatMap(([field, value]) => field === "stack" ? [] : [[field, withoutStacks(value)]])
  )
}

const isJobEvent = Schema.is(JobEvent)

/** A tracker that remembers what it was given, each event once, and may be away. */
const openTracker = Effect.gen(function*() {
  const { handle, tracker } = yield* createInMemoryTracker()
  const door = { isOpen: true }
  const service: EventTrackerService = {
    ...tracker,
    deliver: (events) =>
      Effect.suspend(() =>
        door.isOpen && tracker.deliver !== undefined
          ? tracker.deliver(events)
          : Effect.succeed(events.map(() => "retryLater" as const))
      )
  }
  const events = Effect.map(handle.getEvents(), (all) => {
    const strange = all.filter((event) => event.type !== "task.progress" && !isJobEvent(event))
    if (strange.length > 0) throw new Error(`No job events: ${JSON.stringify(strange)}`)
    return [...new Map(all.filter(isJobEvent).map((event) => [event.eventId, event])).values()]
  })
  return { door, service, events }
})

/** Plays a story on a storage and tells what was to be seen. */
export const play = Effect.fnUntraced(
  function*(open: Storage["open"], { given = [], jobs, when, with: options }: Case) {
    const world = new World()
    const layer = yield* open
    const tracker = yield* openTracker
    const definitionsOf = (jobs: Jobs) =>
      Object.fromEntries(
        Object.entries(typeof jobs === "function" ? { job: jobs } : jobs).map((
          [name, scripted]
        ) => [name, scripted(world)])
      )
    let definitions = definitionsOf(jobs)
    const names = Object.keys(definitions)
    const caseScope = yield* Effect.scope

    const openHost = Effect.gen(function*() {
      const scope = yield* Scope.fork(caseScope)
      const context = yield* Layer.buildWithScope(layer, scope)
      return { ...mortal(Context.get(context, JobsHost)), close: Scope.close(scope, Exit.void) }
    })

    const begin = Effect.gen(function*() {
      const host = yield* openHost
      const runtime = yield* openRuntime(createJobRegistry(definitions), Layer.succeed(JobsHost, host.service), {
        gracePeriod: 0,
        ...options,
        tracker: tracker.service
      })
      return { ...runtime, host, clients: { jobs: runtime.jobs, definitions } }
    })

    let life = yield* begin
    let closing: Fiber.Fiber<void> | undefined
    const answers: Array<Fiber.Fiber<unknown>> = []

    const ask = ({ run }: Call) =>
      Effect.matchEffect(Effect.suspend(() => run(life.clients)), {
        onSuccess: (answer) => Effect.succeed(withoutStacks(answer)),
        onFailure: (error) => Effect.succeed(errorLine(error))
      })

    const down = (how: "shutdown" | "crash") =>
      Effect.gen(function*() {
        const { close, host } = life
        if (how === "crash") host.life.isOver = true
        // In a crash the storage goes first, and what the process would still do comes to nothing.
        const end = how === "crash" ? Effect.andThen(host.close, close) : Effect.andThen(close, host.close)
        closing = yield* Effect.forkIn(end, caseScope, { startImmediately: true })
      })

    const take = (step: Step): Effect.Effect<unknown, unknown> => {
      switch (step._tag) {
        case "Call":
          return Effect.flatMap(Effect.forkIn(ask(step), caseScope, { startImmediately: true }), (fiber) => {
            answers.push(fiber)
            return Fiber.await(fiber)
          })
        case "Meanwhile":
          return Effect.forEach(
            step.calls,
            (call) =>
              Effect.map(
                Effect.forkIn(ask(call), caseScope, { startImmediately: true }),
                (fiber) => answers.push(fiber)
              )
          )
        case "Pass":
          return Effect.repeat(
            Effect.andThen(
              TestClock.adjust(Duration.divideUnsafe(Duration.fromInputUnsafe(step.duration), step.steps)),
              settled
            ),
            { times: step.steps - 1 }
          )
        case "Held":
          return world.held(step.count)
        case "Release":
          return world.release
        case "Shutdown":
          return down("shutdown")
        case "Crash":
          return down("crash")
        case "Up":
          return Effect.gen(function*() {
            if (closing !== undefined) {
              yield* Fiber.join(closing)
            }
            closing = undefined
            if (step.jobs !== undefined) definitions = definitionsOf(step.jobs)
            life = yield* begin
          }).pipe(Effect.provideService(Scope.Scope, caseScope))
        case "Host":
          return Effect.sync(() => {
            life.host.life.commits = step.commits
          })
        case "Tracker":
          return Effect.sync(() => {
            tracker.door.isOpen = step.takes
          })
        case "Alarm":
          return Effect.ignore(life.dispatcher.handleAlarm(step.instanceId, step.generation))
        case "Wreck":
          return Effect.gen(function*() {
            const { service } = life.host
            const version = (yield* service.load(step.instanceId))?.version ?? 0
            const [alarm] = (yield* allAlarms(service)).filter(({ instanceId }) => instanceId === step.instanceId)
            yield* service.commit({
              instanceId: step.instanceId,
              expectedVersion: version,
              record: `{"format":9}`,
              alarm: alarm ?? { dueAt: 0, generation: 1 },
              events: [],
              entries: new Map()
            })
          })
      }
    }
    const takeAll = (steps: ReadonlyArray<Step>) =>
      Effect.forEach(steps, (step) => Effect.andThen(take(step), settled), { discard: true })

    yield* settled
    yield* takeAll(given)
    if (closing === undefined) yield* life.flush
    const before = (yield* tracker.events).length
    const askedBefore = answers.length
    const sawBefore = world.saw.length
    yield* takeAll(when)

    // Who waits on for this long has no answer.
    if (answers.some((fiber) => fiber.pollUnsafe() === undefined)) yield* Effect.repeat(settled, { times: 9 })
    const answered = answers.slice(askedBefore).map((fiber) => {
      const exit = fiber.pollUnsafe()
      if (exit === undefined) return "waits"
      return Exit.isSuccess(exit) ? exit.value : "defect"
    })
    // What is left is read from the storage itself, once nobody writes it any more.
    if (closing === undefined) yield* life.flush
    const events = yield* tracker.events
    assertOrdered(events)
    const types = ["continuous", "debounce", "task", "workerPool"]
    const possible = types.flatMap((type) =>
      names.flatMap((name) => ["a", "b", "0", "1"].map((id) => `${type}:${name}:${id}`))
    )
    const { service } = closing === undefined ? life.host : yield* Effect.andThen(Fiber.join(closing), openHost)
    const outcome: Outcome = {
      answers: answered,
      events: eventLines(events, before),
      left: yield* left(service, [...possible, ...events.map(({ instanceId }) => instanceId)]),
      saw: world.saw.slice(sawBefore),
      because: becauseLines(events, before)
    }
    return outcome
  },
  Effect.provide(Logger.layer([])),
  Effect.scoped
)
