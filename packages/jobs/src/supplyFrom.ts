import { Context, Effect, References, Tracer } from "effect"
import { CurrentJob } from "./engine/CurrentJob.ts"
import { CurrentStep } from "./engine/JobStep.ts"
import type { DefinitionsByTag } from "./JobRegistry.ts"

type Given = DefinitionsByTag<never>

/** What a fiber has of where it is: user code has that of its attempt, not of who built the runtime. */
const withoutSurroundings = Context.omit(
  Tracer.ParentSpan,
  References.CurrentLogAnnotations,
  References.CurrentLogSpans,
  CurrentJob,
  CurrentStep
)

const carry = <I, S>(from: Context.Context<never>, to: Context.Context<unknown>, service: Context.Key<I, S>) => {
  const value = Context.getOrUndefined(from, service)
  return value === undefined ? to : Context.add(to, service, value)
}

/**
 * Adds to the context what `here` has of them, but for the step, which is none of user code's business. To merge the two
 * would copy both, for each run.
 */
const inSurroundingsOf = (here: Context.Context<never>, context: Context.Context<unknown>) => {
  const span = Context.get(here, CurrentJob)?.span
  const inSpan = span === undefined
    ? carry(here, context, Tracer.ParentSpan)
    : Context.add(context, Tracer.ParentSpan, span)
  const withAnnotations = carry(here, inSpan, References.CurrentLogAnnotations)
  const withLogSpans = carry(here, withAnnotations, References.CurrentLogSpans)
  return carry(here, withLogSpans, CurrentJob)
}

/**
 * Gives the user code of definitions all that it needs. The needs of single definitions are unknown here; that the context
 * holds them all, the runtime's types demanded.
 */
export const supplyFrom = (given: Context.Context<never>) => {
  const context = Context.makeUnsafe<unknown>(withoutSurroundings(given).mapUnsafe)
  const supplied = <A, E>(code: Effect.Effect<A, E, unknown>): Effect.Effect<A, E> =>
    Effect.updateContext(code, (here: Context.Context<never>) => inSurroundingsOf(here, context))
  return {
    continuous: (definition: DefinitionsByTag<unknown>["Continuous"]): Given["Continuous"] => ({
      ...definition,
      open: (stored) =>
        Effect.mapEager(definition.open(stored), (cell) => ({
          ...cell,
          run: (job) => supplied(cell.run(job))
        }))
    }),
    debounce: (definition: DefinitionsByTag<unknown>["Debounce"]): Given["Debounce"] => ({
      ...definition,
      readEvent: (input) =>
        Effect.mapEager(definition.readEvent(input), ({ reduce, stored }) => ({
          stored,
          ...(reduce === undefined ? {} : {
            reduce: (before, eventCount) => Effect.map(reduce(before, eventCount), (code) => supplied(code))
          })
        })),
      open: (stored, facts) =>
        Effect.mapEager(definition.open(stored, facts), (cell) => ({
          ...cell,
          run: (job) => supplied(cell.run(job))
        }))
    }),
    task: (definition: DefinitionsByTag<unknown>["Task"]): Given["Task"] => ({
      ...definition,
      open: (stored, options) =>
        Effect.mapEager(definition.open(stored, options), (attempt) => ({
          ...attempt,
          run: (job) => supplied(attempt.run(job))
        }))
    }),
    workerPool: (definition: DefinitionsByTag<unknown>["WorkerPool"]): Given["WorkerPool"] => {
      const { onDeadLetter, onEmpty, run } = definition
      return {
        ...definition,
        run: (stored, job) => supplied(run(stored, job)),
        onDeadLetter: onDeadLetter === undefined
          ? undefined
          : (stored, error) => supplied(onDeadLetter(stored, error)),
        onEmpty: onEmpty === undefined ? undefined : supplied(onEmpty)
      }
    }
  }
}
