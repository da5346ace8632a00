import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Storage } from "../support/storages.ts"
import type { Table } from "./Case.ts"
import { play } from "./play.ts"

/**
 * What every host has to do, as one table: `cases/tables.ts`. A case says what jobs there are and what was done before
 * (`given`), what is done now (`when`) and what is to be seen of it (`outcome`): each answer, each event with all of its
 * fields and in its order, all that the storage has at the end. How these are written down is said in `tell.ts` and
 * `left.ts`, what can be done in `Case.ts` and `calls.ts`, what the jobs of the table can do in `definitions.ts` and
 * `deeds.ts`.
 *
 * Besides, in every case: the events of an incarnation are numbered 1, 2, 3 … without a gap, also across runtimes, their
 * instants never go back, they share one trace, their execution ids begin with their incarnation's, and each fits its
 * schema. Time is the test clock's, and begins at 0.
 *
 * A further host is a further `Storage`: a layer of `JobsHost` that finds the same instances each time it is built.
 */
export const conformanceSuite = ({ name, open }: Storage, tables: ReadonlyArray<Table>) =>
  describe.each(tables)(`${name}: $about`, ({ cases }) => {
    it.effect.each(cases)("$name", (each) =>
      Effect.map(play(open, each), ({ because, saw, ...seen }) => {
        assert.deepStrictEqual({
          ...seen,
          ...(each.outcome.saw === undefined ? {} : { saw }),
          ...(each.outcome.because === undefined ? {} : { because })
        }, each.outcome)
      }))
  })
