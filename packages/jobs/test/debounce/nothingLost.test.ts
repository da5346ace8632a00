import { assert, describe, it } from "@effect/vitest"
import { Effect, type Fiber, Logger } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { createJobRegistry, JobsHost } from "../../src/index.ts"
import { summing } from "../support/debounces.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"

const id = "a"

const doing = fc.oneof(
  { weight: 5, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 1000 }) }) },
  { weight: 3, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 8000 }) }) },
  { weight: 1, arbitrary: fc.constant({ flush: true }) },
  { weight: 1, arbitrary: fc.constant({ retry: true }) }
)
const life = fc.record({
  mode: fc.constantFrom("window", "trailing"),
  maxEvents: fc.integer({ min: 1, max: 6 }),
  /** How long each flush takes, and whether it fails. */
  flushes: fc.array(fc.record({ takesMs: fc.nat(5000), fails: fc.boolean() }), { maxLength: 30 }),
  steps: fc.array(doing, { maxLength: 40 })
})

describe("whatever is added, flushed and waited for, with flushes that take time and fail", () => {
  it("each event comes out of one flush that succeeds", () =>
    fc.assert(
      fc.asyncProperty(life, ({ flushes, maxEvents, mode, steps }) =>
        Effect.runPromise(
          Effect.gen(function*() {
            const plans = flushes.values()
            const flushed: Array<number> = []
            const { definition } = summing({
              mode,
              maxEvents,
              retry: { maxAttempts: 2, delay: "3 seconds" },
              onExhausted: "keep",
              execute: (ctx) =>
                Effect.gen(function*() {
                  const { sum } = yield* ctx.state
                  const plan = plans.next().value
                  if (plan !== undefined) yield* Effect.sleep(plan.takesMs)
                  if (plan?.fails === true) yield* Effect.fail("as planned")
                  flushed.push(sum)
                })
            })
            const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), JobsHost.memory)
            const job = client.debounce("job")
            let added = 0
            const note = (amount: number) =>
              Effect.map(job.add({ id, event: { amount } }), ({ status }) => {
                if (status !== "failed") added += amount
              }).pipe(
                // The add whose flush has failed for good has been stored all the same.
                Effect.catchTag("ExecutionFailed", () =>
                  Effect.sync(() => {
                    added += amount
                  }))
              )
            const calls: Array<Fiber.Fiber<void>> = []
            for (const step of steps) {
              if ("wait" in step) yield* TestClock.adjust(step.wait)
              else {
                const call = "add" in step ? note(step.add) : "flush" in step ? job.flush({ id }) : job.retry({ id })
                calls.push(yield* Effect.forkChild(Effect.ignore(call), { startImmediately: true }))
              }
            }
            const isOver = Effect.map(
              job.status({ id }),
              ({ status }) => status === "notFound" && calls.every((call) => call.pollUnsafe() !== undefined)
            )
            for (let minutes = 0; !(yield* isOver); minutes++) {
              assert.isBelow(minutes, 100, JSON.stringify(yield* job.status({ id })))
              yield* Effect.forkChild(Effect.ignore(job.retry({ id })), { startImmediately: true })
              yield* TestClock.adjust("1 minute")
            }
            assert.strictEqual(flushed.reduce((sum, more) => sum + more, 0), added)
            assertOrdered(yield* events)
          }).pipe(Effect.scoped, Effect.provide([TestClock.layer(), Logger.layer([])]))
        )),
      { numRuns: 60 }
    ))
})
