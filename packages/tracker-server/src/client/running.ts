import { Cause, Effect, Exit, Stream } from "effect"
import { type Failure, withClientErrors } from "./ClientError.ts"
import { type Page, pages } from "./pages.ts"

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, which then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** A list. The next page is requested once the previous one has been consumed. */
export interface TrackerList<Item, Page> extends AsyncIterable<Item> {
  /** The list page by page, for what a page has besides its entries. */
  readonly pages: AsyncIterable<Page>
}

const aborted = (signal: AbortSignal) =>
  Effect.callback<never, unknown>((resume) => {
    const abort = () => resume(Effect.fail(signal.reason))
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

const iterable = <A>(stream: Stream.Stream<A, unknown>, { signal }: CallOptions = {}): AsyncIterable<A> =>
  Stream.toAsyncIterable(signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal)))

/** Runs a client's effects as promises and async iterables that fail with our own errors. */
export const runningOn = (url: string) => {
  const ask = withClientErrors(url)

  const promise = async <A>(call: Effect.Effect<A, Failure>, { signal }: CallOptions = {}): Promise<A> => {
    signal?.throwIfAborted()
    const exit = await Effect.runPromiseExit(ask(call), { signal })
    if (Exit.isSuccess(exit)) return exit.value
    signal?.throwIfAborted()
    throw Cause.squash(exit.cause)
  }

  const list = <P extends Page, Item>(
    page: (from: { readonly cursor?: string }) => Effect.Effect<P, Failure>,
    items: (page: P) => ReadonlyArray<Item>,
    { cursor, signal }: CallOptions & { readonly cursor?: string | undefined } = {}
  ): TrackerList<Item, P> => {
    const all = pages((from) => ask(page(from)), cursor === undefined ? {} : { cursor })
    return {
      pages: iterable(all, { signal }),
      [Symbol.asyncIterator]: () =>
        iterable(Stream.flatMap(all, (page) => Stream.fromIterable(items(page))), { signal })[Symbol.asyncIterator]()
    }
  }
  return { promise, iterable, list }
}
