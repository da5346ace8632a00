import { Effect, type Scope } from "effect"
import type { Answer, Rules } from "./Answer.ts"
import type { Arrival, EndpointOptions, Input, Operation, ReceivedEvent, Totals } from "./Control.ts"
import { endpointProcess } from "./EndpointProcess.ts"
import { eventsOf } from "./read.ts"

/** A request as it arrived: unpacked, and parsed where it is JSON. */
export interface ReceivedRequest extends Arrival {
  /** The events in it; none when the body is no batch. */
  readonly events: ReadonlyArray<ReceivedEvent>
}

/**
 * An HTTP endpoint for tests, in a process of its own, which stores events like tracker-server and misbehaves on demand.
 * Every effect here asks that process: what a client has seen answered is in what it tells, and what it was told holds
 * for every request after.
 */
export interface Endpoint {
  /** `http://127.0.0.1:<port>/v1/events` */
  readonly url: string
  /** Says how requests are treated from now on. At first all are stored. */
  readonly answer: (rules: Rules) => Effect.Effect<void>
  /** Treats the next requests like this, one each, whatever the rules say. */
  readonly answerNext: (...answers: ReadonlyArray<Answer>) => Effect.Effect<void>
  /** Lets the requests go that are held at this moment. */
  readonly release: () => Effect.Effect<void>
  /** Resets all connections and refuses new ones. */
  readonly refuse: () => Effect.Effect<void>
  /** Accepts connections again, at the same URL. */
  readonly accept: () => Effect.Effect<void>
  /** All requests so far, in the order of arrival. */
  readonly requests: () => Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** All stored events, each once, in the order of their storing. */
  readonly stored: () => Effect.Effect<ReadonlyArray<ReceivedEvent>>
  readonly totals: () => Effect.Effect<Totals>
  /** Most requests that were without a complete answer at the same time. */
  readonly mostAtOnce: () => Effect.Effect<number>
  /** Resolves once this many requests have arrived. */
  readonly awaitRequests: (count: number) => Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Resolves once this many events are stored. */
  readonly awaitStored: (count: number) => Effect.Effect<ReadonlyArray<ReceivedEvent>>
}

const withEvents = (arrivals: ReadonlyArray<Arrival>): ReadonlyArray<ReceivedRequest> =>
  arrivals.map((arrival) => ({ ...arrival, events: eventsOf(arrival.body) }))

let newest = 0

/** Starts an endpoint on a free port of 127.0.0.1; it stops with the scope. */
export const startEndpoint = Effect.fnUntraced(function*(
  options: EndpointOptions = {}
): Effect.fn.Return<Endpoint, never, Scope.Scope> {
  const other = yield* endpointProcess
  const key = ++newest
  const ask = <O extends Operation>(operation: O, ...input: Input<O>) => other.ask(key, operation, ...input)
  const port = yield* Effect.acquireRelease(ask("open", options), () => ask("close"))
  return {
    url: `http://127.0.0.1:${port}/v1/events`,
    answer: (rules) => Effect.asVoid(ask("answer", rules)),
    answerNext: (...answers) => Effect.asVoid(ask("answerNext", answers)),
    release: () => Effect.asVoid(ask("release")),
    refuse: () => Effect.asVoid(ask("refuse")),
    accept: () => Effect.asVoid(ask("accept")),
    requests: () => Effect.map(ask("requests"), withEvents),
    stored: () => ask("stored"),
    totals: () => ask("totals"),
    mostAtOnce: () => ask("mostAtOnce"),
    awaitRequests: (count) => Effect.map(ask("awaitRequests", count), withEvents),
    awaitStored: (count) => ask("awaitStored", count)
  }
})
