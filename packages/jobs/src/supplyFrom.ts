import { Context, Effect, References, Tracer } from "effect"
import { CurrentJob } from "./engine/CurrentJob.ts"
import { CurrentStep } from "./engine/JobStep.ts"
import type { DefinitionsByTag } from "./JobRegistry.ts"

type Given = DefinitionsByTag<never>

/**
 * The parts of a context that depend on where a fiber runs: user code gets its attempt's, not those of whoever built
 * the runtime.
 */
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
 * Adds those parts from `here`, except for the step, which is not user code's business. Merging the contexts would copy
 * both for each run.
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
 * Provides user code of definitions with its requirements. The individual requirements are unknown here; the runtime's
 * types have ensured that the context contains them all.
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
