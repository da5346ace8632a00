import { Effect, Option, Stream } from "effect"

/** What every page has. */
export interface Page {
  readonly next_cursor?: string
}

/** All pages of a list starting with one; the next is requested on demand. `ask` receives the cursor of a page. */
export const pages = <A extends Page, E, R>(
  ask: (from: { readonly cursor?: string }) => Effect.Effect<A, E, R>,
  from: { readonly cursor?: string } = {}
): Stream.Stream<A, E, R> =>
  Stream.paginate(from, (from) =>
    Effect.map(ask(from), (page) =>
      [
        [page],
        page.next_cursor === undefined ? Option.none() : Option.some({ cursor: page.next_cursor })
      ] as const))
